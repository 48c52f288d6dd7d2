//! The example program: it runs, and prints what the manual for embedders shows.

use super::blocks::{read, root, update, write};

#[allow(dead_code, reason = "its `main` is for those who run it")]
#[path = "../../examples/embed.rs"]
mod embed;

const PAGE: &str = "docs/embedding.md";
const BEGINS: &str = "```text embed\n";

#[test]
fn the_example_prints_what_the_manual_shows() {
    let plan = root().join("plans/espp.toml");
    let printed = embed::run(plan.to_str().unwrap()).unwrap();
    let page = read(PAGE);
    let (before, rest) = page.split_once(BEGINS).expect("a block `text embed`");
    let (shown, after) = rest.split_once("```\n").expect("its end");
    if update() {
        write(PAGE, &format!("{before}{BEGINS}{printed}```\n{after}"));
    } else {
        assert_eq!(shown, printed, "run with UPDATE=1 to renew it");
    }
}
