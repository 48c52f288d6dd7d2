//! Plans that are well typed by construction, made of choices.

use super::data::{GROUPS, PAYS, PEOPLE, SCALARS};
use super::dice::Dice;
use super::formulas::{Body, Of, Rule, Scope, Ty, Writer};
use std::fmt::Write;

/// A plan's text: of one list of choices for each rule.
pub fn plan(rules: &[Vec<u16>], small: bool) -> String {
    let mut text = String::new();
    let mut done: Vec<Rule> = Vec::new();
    for (index, choices) in rules.iter().enumerate() {
        let mut writer = Writer { dice: Dice::new(choices), rules: done, small, names: 0 };
        let (rule, section) = writer.rule(index);
        done = writer.rules;
        done.push(rule);
        text.push_str(&section);
    }
    format!("{}{text}", head(&text))
}

impl Writer<'_> {
    fn rule(&mut self, index: usize) -> (Rule, String) {
        let of = [Of::People, Of::People, Of::People, Of::Plan, Of::Groups, Of::Plan][self.roll(6)];
        let ty = Ty::ALL[self.roll(Ty::ALL.len())];
        let scope = match of {
            Of::People => Scope { rows: vec![(String::new(), PEOPLE)], ..Scope::default() },
            Of::Groups => Scope { rows: vec![(String::new(), GROUPS)], ..Scope::default() },
            Of::Plan => Scope::default(),
        };
        let path = match of {
            Of::People => "people.",
            Of::Groups => "groups.",
            Of::Plan => "",
        };
        let mut text = format!("\n[rules.{path}r{index}]\ncite = \"§1\"\n");
        if self.roll(10) == 9 {
            text.push_str("private = true\n");
        }
        let shares = self.rules.iter().position(|r| r.of == Of::People && r.ty == Ty::Share && !r.optional);
        let depth = 2 + self.roll(3);
        let (mut optional, mut body) = (false, Body::Value);
        match self.roll(10) {
            7 => {
                body = Body::Cases;
                let _ = writeln!(text, "type = \"{}\"\ncases = [", ty.name());
                for case in 0..=self.roll(3) {
                    let when = self.formula(&scope, Ty::Bool, depth - 1);
                    let then = self.formula(&scope, ty, depth - 1);
                    let _ = writeln!(text, "  {{ when = '{when}', then = '{then}', cite = \"§{case}\" }},");
                }
                let other = self.formula(&scope, ty, depth - 1);
                let _ = writeln!(text, "]\notherwise = {{ then = '{other}', cite = \"§9\" }}");
                return (Rule { of, ty, optional, body }, text);
            }
            8 => {
                body = Body::All;
                text.push_str("all = [\n");
                for requirement in 0..=self.roll(4) {
                    let require = self.formula(&scope, Ty::Bool, depth - 1);
                    let reason = self.pick(&["a", "b", "c"]);
                    let _ = writeln!(
                        text,
                        "  {{ require = '{require}', reason = \"{reason}{}\", cite = \"§{requirement}\" }},",
                        requirement % 2
                    );
                }
                text.push_str("]\n");
                return (Rule { of, ty: Ty::Bool, optional, body }, text);
            }
            9 if of == Of::People && shares.is_some() => {
                let within = self.pick(&["", "group", "kind", "name", "step", "hired", "active"]);
                let within =
                    if within.is_empty() { String::new() } else { format!(", within = \"{within}\"") };
                let own = format!("r{}", shares.unwrap_or(0));
                let parts = match self.roll(5) {
                    0 | 1 => own,
                    // Caps, and parts that are the same for many rows.
                    2 => format!("min({own}, held otherwise 10 shares)"),
                    3 => format!("max(0 shares, {own}) / 7"),
                    _ => self
                        .pick(&["shares / 3", "(if active then 10 shares / 3 else 0.25 shares)"])
                        .to_owned(),
                };
                let step =
                    self.pick(&["1 share", "0.5 shares", "(1 share / 3)", "100 shares", "0.001 shares"]);
                let ties = self.pick(&["id", "pay", "hired", "name", "active", "step"]);
                let _ = writeln!(
                    text,
                    "allocate = {{ parts = '{parts}', step = \"{step}\", ties = \"{ties}\"{within} }}",
                );
                return (Rule { of, ty: Ty::Share, optional, body }, text);
            }
            6 => {
                optional = true;
                let when = self.formula(&scope, Ty::Bool, depth - 1);
                let value = self.formula(&scope, ty, depth - 1);
                let _ = writeln!(
                    text,
                    "type = \"{}?\"\nvalue = '(if {when} then {value} else absent)'",
                    ty.name()
                );
            }
            _ => {
                let value = self.formula(&scope, ty, depth);
                let _ = writeln!(text, "type = \"{}\"\nvalue = '{value}'", ty.name());
            }
        }
        (Rule { of, ty, optional, body }, text)
    }
}

/// What rules stand on; of terms, functions and assumptions those that they name.
fn head(rules: &str) -> String {
    let mut text = String::from(
        "[plan]\nlanguage = 1\nid = \"generated\"\ntitle = \"Generated\"\ncurrency = \"USD\"\nterm_date = \"as_of\"\n\n\
         [conventions]\nmonth_end = \"clamp\"\nrounding = \"half_up\"\n\n\
         [types]\ncolour = \"one of red, green, blue\"\nlevel = \"number\"\n",
    );
    let functions = [
        ("half", "params = { x = \"USD\" }\nvalue = 'x / 2'"),
        ("twice_half", "params = { x = \"USD\" }\nvalue = 'let h = half(x); h + half(x + h)'"),
        ("part", "params = { a = \"USD\", b = \"USD\" }\nvalue = 'if b > 100 USD then a / b else b / a'"),
        (
            "paid_in",
            "params = { g = \"ref groups\" }\nvalue = 'sum(p.pay for p in people where p.group = g)'",
        ),
        ("quote_on", "params = { d = \"date\" }\nvalue = 'quotes[d].close'"),
        ("cap_on", "params = { d = \"date\" }\nvalue = 'cap at d'"),
        (
            "later",
            "params = { d = \"date\", n = \"number\" }\nvalue = 'if n > 3 then d + 3 months else d - 1 year'",
        ),
        (
            "label",
            "params = { k = \"colour\", t = \"text\" }\nvalue = 'match k when red then t else \"other\"'",
        ),
    ];
    let mut used = String::new();
    for (name, body) in functions {
        let called = |text: &str| text.contains(&format!("{name}("));
        if called(rules) || name == "half" && rules.contains("twice_half(") {
            let _ = writeln!(used, "\n[functions.{name}]\nabout = \"{name}\"\n{body}");
        }
    }
    let all = format!("{rules}{used}");
    text.push_str("\n[terms]\n");
    let terms = [
        ("discount", "{ value = \"85%\", cite = \"§1\" }"),
        ("two_thirds", "{ value = \"66 2/3%\", cite = \"§1\" }"),
        ("nought", "{ value = \"0\", cite = \"§1\" }"),
        ("huge", "{ value = \"92_233_720_368_547_758.07 USD\", cite = \"§1\" }"),
        ("wait", "{ value = \"10 days\", cite = \"§1\" }"),
        ("par", "{ value = \"0.01 USD/share\", cite = \"§1\" }"),
        (
            "cap",
            "{ cite = \"§1\", history = [{ from = 1999-07-22, value = \"10%\" }, { from = 2001-06-30, value = \"12%\" }] }",
        ),
        (
            "quota",
            "{ cite = \"§1\", history = [{ from = 1999-01-01, until = 2000-12-31, value = \"500 USD\" }, { from = 2001-02-01, value = \"700.50 USD\" }] }",
        ),
    ];
    for (name, value) in terms {
        if all.contains(name) {
            let _ = writeln!(text, "{name} = {value}");
        }
    }
    let fields = |text: &mut String, of: &[(&str, &str)]| {
        for (name, ty) in of {
            let _ = writeln!(text, "{name} = \"{ty}\"");
        }
    };
    text.push_str("\n[inputs]\n");
    fields(&mut text, SCALARS);
    for (table, key, of) in
        [("people", "\"id\"", PEOPLE), ("groups", "\"code\"", GROUPS), ("pays", "[\"who\", \"on\"]", PAYS)]
    {
        let _ = write!(text, "\n[inputs.{table}]\nkey = {key}\n[inputs.{table}.fields]\n");
        fields(&mut text, of);
    }
    text.push_str("\n[inputs.bands]\nkey = \"level\"\n[inputs.bands.fields]\nlevel = \"level\"\nshare_of = \"number\"\nleast = \"USD?\"\n");
    text.push_str(
        "\n[inputs.quotes]\nkey = \"on\"\n[inputs.quotes.fields]\non = \"date\"\nclose = \"USD/share?\"\n",
    );
    text.push_str(
        "\n[inputs.teams]\nkey = \"of\"\n[inputs.teams.fields]\nof = \"ref groups\"\nlead = \"USD\"\n",
    );
    text.push_str("\n[inputs.codes]\nkey = [\"name\", \"kind\"]\n[inputs.codes.fields]\nname = \"text\"\nkind = \"colour\"\nfactor = \"number\"\nleast = \"USD?\"\n");
    text.push_str("\n[inputs.tints]\nkey = \"colour\"\n[inputs.tints.fields]\ncolour = \"colour\"\ntimes = \"number\"\n");
    if all.contains("assumption.basis") {
        text.push_str("\n[assumptions.basis]\ncite = \"§1\"\nreadings = { gross = \"a\", net = \"b\" }\nchosen = \"gross\"\n");
    }
    if all.contains("assumption.mode") {
        text.push_str(
            "\n[assumptions.mode]\ncite = \"§1\"\nreadings = { first = \"a\", second = \"b\", third = \"c\" }\nchosen = \"second\"\n",
        );
    }
    format!("{text}{used}")
}
