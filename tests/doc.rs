//! The pages of the shipped plans: well formed, every link with its target, everything of the plan
//! there, in HTML and in Markdown.
#![cfg(feature = "cli")]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::expect_used
)]

use scraper::{ElementRef, Html, Selector};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use whereas::Plan;
use whereas::ir::RuleId;
use whereas::report::doc::{Page, html, markdown};

/// The shipped plans with their pages.
static PLANS: LazyLock<Vec<(PathBuf, Plan, Page)>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("plans");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "toml"));
    paths.sort();
    assert!(!paths.is_empty());
    let load = |path: PathBuf| {
        let plan = Plan::from_path(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let page = page(&plan);
        (path, plan, page)
    };
    paths.into_iter().map(load).collect()
});

fn page(plan: &Plan) -> Page {
    Page::new(plan.program(), false, &plan.test(None))
}

fn all<'a>(document: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    let selector = Selector::parse(selector).unwrap();
    document.select(&selector).collect()
}

fn attribute<'a>(element: &ElementRef<'a>, name: &str) -> &'a str {
    element.value().attr(name).unwrap_or_else(|| panic!("no {name} in {}", element.html()))
}

/// Anchors that everything of a plan must have.
fn expected(plan: &Plan, page: &Page) -> BTreeSet<String> {
    let program = plan.program();
    let mut ids: BTreeSet<String> = BTreeSet::new();
    ids.extend((0..program.rules.len()).map(|i| format!("rule-{}", program.rule_name(RuleId(i)))));
    ids.extend(program.terms.iter().map(|t| format!("term-{}", t.name.value)));
    ids.extend(program.functions.iter().map(|f| format!("function-{}", f.name.value)));
    ids.extend(program.assumptions.iter().map(|a| format!("assumption-{}", a.name.value)));
    ids.extend(program.fixtures.iter().map(|f| format!("fixture-{}", f.name.value)));
    ids.extend(program.calendar_names.iter().map(|c| format!("calendar-{}", c.value)));
    let records = program.records.iter().map(|r| (&r.name.value, &r.fields));
    let tables = program.tables.iter().map(|t| (&t.name.value, &t.fields));
    for (holder, fields) in records.chain(tables) {
        if holder.is_empty() {
            ids.extend(fields.iter().map(|f| format!("input-{}", f.name.value)));
        } else {
            ids.insert(format!("input-{holder}"));
            ids.extend(fields.iter().map(|f| format!("input-{holder}.{}", f.name.value)));
        }
    }
    assert_eq!(page.tests.len(), program.tests.len());
    ids.extend(page.tests.iter().map(|t| t.id.clone()));
    ids.extend(page.clauses.iter().map(|c| c.id.clone()));
    for clause in &program.outline {
        assert!(page.clauses.iter().any(|c| c.name == *clause.name.value), "{}", clause.name.value);
    }
    ids
}

#[test]
fn every_page_is_well_formed_and_every_link_has_its_target() {
    for (path, _, page) in PLANS.iter() {
        let text = html(page);
        let document = Html::parse_document(&text);
        assert!(document.errors.is_empty(), "{}: {:?}", path.display(), document.errors);
        let mut ids = BTreeSet::new();
        for element in all(&document, "[id]") {
            let id = attribute(&element, "id");
            assert!(ids.insert(id.to_owned()), "{}: two elements have the id {id}", path.display());
            assert!(!id.contains(char::is_whitespace), "{id}");
        }
        for link in all(&document, "a") {
            let target = attribute(&link, "href").strip_prefix('#').expect("links stay on the page");
            assert!(ids.contains(target), "{}: nothing has the id {target}", path.display());
            assert!(
                !link.text().collect::<String>().trim().is_empty(),
                "a link without words: {}",
                link.html()
            );
        }
        for name in ["aria-labelledby", "aria-describedby", "for"] {
            for element in all(&document, &format!("[{name}]")) {
                let target = attribute(&element, name);
                assert!(ids.contains(target), "{}: nothing has the id {target}", path.display());
            }
        }
    }
}

#[test]
fn everything_of_a_plan_is_on_its_page() {
    for (path, plan, page) in PLANS.iter() {
        let document = Html::parse_document(&html(page));
        let ids: BTreeSet<String> =
            all(&document, "[id]").iter().map(|e| attribute(e, "id").to_owned()).collect();
        for id in expected(plan, page) {
            assert!(ids.contains(&id), "{}: {id} is missing", path.display());
        }
        let text = document.root_element().text().collect::<String>();
        for rule in &plan.program().rules {
            assert!(
                rule.about.as_ref().is_none_or(|a| text.contains(&a.replace('`', ""))),
                "{}",
                rule.name.value
            );
        }
    }
}

#[test]
fn headings_are_in_order_and_landmarks_are_there() {
    for (path, _, page) in PLANS.iter() {
        let document = Html::parse_document(&html(page));
        let mut level = 0;
        for heading in all(&document, "h1, h2, h3, h4, h5, h6") {
            let own: u32 = heading.value().name()[1..].parse().unwrap();
            assert!(
                own <= level + 1,
                "{}: {} after a heading of level {level}",
                path.display(),
                heading.html()
            );
            level = own;
        }
        for (selector, count) in
            [("html[lang]", 1), ("h1", 1), ("main", 1), ("head > title", 1), ("nav[aria-label]", 1)]
        {
            assert_eq!(all(&document, selector).len(), count, "{}: {selector}", path.display());
        }
        assert_eq!(all(&document, "th:not([scope])").len(), 0);
        assert_eq!(all(&document, "svg:not([role][aria-label])").len(), 0);
        assert_eq!(all(&document, "svg a").len(), all(&document, "svg a > title").len());
        // Nothing is asked of any other place.
        assert_eq!(all(&document, "link, img, iframe, script[src], [style], [onclick]").len(), 0);
    }
}

#[test]
fn names_in_formulas_lead_to_their_definitions() {
    let (_, _, espp) = PLANS.iter().find(|(path, ..)| path.ends_with("espp.toml")).unwrap();
    let document = Html::parse_document(&html(espp));
    let rule = all(&document, r#"[id="rule-participants.cost"] pre"#)[0];
    assert_eq!(rule.text().collect::<String>(), "round(purchased_shares * purchase_price, 0.01 USD)");
    let links: Vec<&str> = all(&document, r#"[id="rule-participants.cost"] pre a"#)
        .iter()
        .map(|a| attribute(a, "href"))
        .collect();
    assert_eq!(links, ["#language-round", "#rule-participants.purchased_shares", "#rule-purchase_price"]);
}

#[test]
fn every_formula_is_shown_as_its_author_wrote_it() {
    for (path, plan, page) in PLANS.iter() {
        let file = fs::read_to_string(path).unwrap();
        for item in page.rules.iter().flat_map(|g| &g.rules) {
            if let whereas::report::doc::Body::Formula(formula) = &item.body {
                let text = formula.text();
                let written = file.contains(&text) || file.contains(&text.replace('"', "\\\""));
                assert!(written || item.from.is_some(), "{}: {text}", item.name);
            }
        }
        assert_eq!(plan.program().rules.len(), page.rules.iter().map(|g| g.rules.len()).sum::<usize>());
    }
}

#[test]
fn links_of_markdown_resolve() {
    for (path, plan, page) in PLANS.iter() {
        let text = markdown(page);
        let mut ids = BTreeSet::new();
        for (at, _) in text.match_indices("<a id=\"") {
            let id = text[at + 7..].split('"').next().unwrap();
            assert!(ids.insert(id.to_owned()), "{}: {id} twice", path.display());
        }
        for (at, _) in text.match_indices("](#") {
            let target = text[at + 3..].split(')').next().unwrap();
            assert!(ids.contains(target), "{}: nothing has the id {target}", path.display());
        }
        for id in expected(plan, page) {
            assert!(ids.contains(&id), "{}: {id} is missing", path.display());
        }
    }
}

#[test]
fn the_same_plan_gives_the_same_page() {
    for (path, _, first) in PLANS.iter() {
        let again = page(&Plan::from_path(path).unwrap());
        assert_eq!(html(first), html(&again));
        assert_eq!(markdown(first), markdown(&again));
    }
}

#[test]
fn what_a_plan_says_cannot_become_markup() {
    let plan = r#"
[plan]
language = 1
id = "hostile"
title = "</title><script>alert(1)</script>"
about = "a & b <img src=x onerror=alert(1)> \u202e txet"
[inputs.single]
about = "]](#x) <b>"
[inputs.single.fields]
pay = { type = "number", about = "| a | `b" }
[rules.double]
cite = "\"§1\"><script>"
about = "`unpaired"
value = "2 * single.pay # <script>"
"#;
    let plan = Plan::from_str(plan).unwrap();
    let page = page(&plan);
    let text = html(&page);
    let document = Html::parse_document(&text);
    assert!(document.errors.is_empty(), "{:?}", document.errors);
    assert_eq!(all(&document, "script").len(), 1);
    assert_eq!(all(&document, "img, b").len(), 0);
    assert!(!text.contains('\u{202e}'));
    let text = markdown(&page);
    assert!(!text.contains("<script>\"") && !text.contains("<img") && !text.contains("<b>"), "{text}");
}

#[test]
fn a_plan_without_an_outline_lists_the_clauses_that_it_cites() {
    let plan = r#"
[plan]
language = 1
id = "small"
title = "Small"
[inputs]
pay = { type = "number" }
[rules.b]
cite = "§10"
value = "2 * pay"
[rules.a]
cite = ["§9", "§10"]
value = "b + 1"
"#;
    let plan = Plan::from_str(plan).unwrap();
    let page = page(&plan);
    let clauses: Vec<&str> = page.clauses.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(clauses, ["§9", "§10"]);
    let cited: Vec<&str> = page.clauses[1].cited_by.iter().map(|l| l.id.as_str()).collect();
    assert_eq!(cited, ["rule-b", "rule-a"]);
    assert!(html(&page).contains("Clauses cited"));
}

#[test]
fn headings_of_clauses_stand_on_the_page_where_they_are_searched() {
    let plan = "[plan]\nlanguage = 1\nid = \"small\"\ntitle = \"Small\"\n[rules]\na = { value = \"1\", cite = \"§14\" }\n\
        [outline]\n\"§14\" = { heading = \"Changes in <Elections>\", rule = \"a\" }\n\"§15\" = { narrative = \"nothing\" }\n";
    let page = page(&Plan::from_str(plan).unwrap());
    let headings: Vec<_> = page.clauses.iter().map(|c| c.heading.as_deref()).collect();
    assert_eq!(headings, [Some("Changes in <Elections>"), None]);
    let text = html(&page);
    let entry = text.split("id=\"clause-14\"").nth(1).and_then(|t| t.split("</article>").next()).unwrap();
    assert!(entry.contains("data-find") && entry.contains("Changes in &lt;Elections&gt;"), "{entry}");
    assert!(markdown(&page).contains("§14 Changes in"));
}
