//! Every link of the documentation leads somewhere.

use super::blocks::{pages, read, root};
use std::path::Path;

/// A text without its fenced blocks and code.
fn prose(text: &str) -> String {
    let mut fenced = false;
    let mut found = String::new();
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let outside: Vec<&str> = line.split('`').step_by(2).collect();
            found.push_str(&outside.join(" "));
            found.push('\n');
        }
    }
    found
}

/// The targets of a text's links.
fn targets(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for piece in prose(text).split("](").skip(1) {
        found.extend(piece.split_once(')').map(|(target, _)| target.to_owned()));
    }
    found
}

/// The anchor that a heading gets.
fn anchor(heading: &str) -> String {
    let kept = heading
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .collect::<String>();
    kept.trim().replace(' ', "-")
}

fn anchors(text: &str) -> Vec<String> {
    let mut fenced = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if !fenced && line.starts_with('#') {
            found.push(anchor(line.trim_start_matches('#')));
        }
    }
    found
}

#[test]
fn every_link_leads_somewhere() {
    let mut wrong = Vec::new();
    for page in pages() {
        let text = read(&page);
        for target in targets(&text).iter().filter(|t| !t.starts_with("http")) {
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let folder = Path::new(&page).parent().unwrap();
            let path = if file.is_empty() { Path::new(&page).to_owned() } else { folder.join(file) };
            if !root().join(&path).exists() {
                wrong.push(format!("{page}: there is no `{target}`"));
            } else if !heading.is_empty()
                && !anchors(&read(path.to_str().unwrap())).contains(&heading.to_owned())
            {
                wrong.push(format!("{page}: `{target}` names no heading"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
