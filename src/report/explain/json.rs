//! JSON for programs.

use super::headings::headings;
use super::shape::{
    Argument, AssumptionOut, BranchOut, ComputedOut, DeterminationOut, Document, Failure, FigureOut,
    InputOut, ItemOut, LookupOut, Place, Reading, Rests, RoundingOut, RoundingWords, ShareOut, TermOut,
    ValueOut, WalkOut,
};
use super::speaker::{RowOf, Speaker};
use crate::eval::{
    Branch, BranchOf, Explanation, Extent, Figure, Node, NodeKind, Rounding, Share, Step, WalkStep, Walked,
};
use crate::ir::Holder;
use crate::number::Num;
use crate::report::{Faced, escape, row_label};
use crate::source::Span;
use crate::value::{Type, Value};

/// The explanation as JSON, with a line feed at its end.
///
/// The outermost object has `plan` (the plan's id), `title`, `source` (the document whose clauses
/// are cited), `as_of` (the date chosen for terms), `assumptions` (every one that the conclusion rests
/// on, also where it was read for what is summed up or left out; as below),
/// `headings` (of the clauses cited, by the clause of the outline, where it gives them) and `explanation`,
/// a figure.
/// Entries that would be empty are left out, but for a figure's `value`. Lists keep the order of
/// evaluation.
///
/// - **A figure** has `kind` (`rule`, `function`, `variable`), `name` (as results name it), `key` (of
///   the row, for a table's rule), `arguments` (a function's, each with `name`, `value`, `words`),
///   `clauses` (that of the deciding case first), `about`, `type`, `value` (as results write it; null
///   where absent or failed), `words` (the value with its unit), `formula` (in the plan's words, white
///   space folded), `taken` (the part of it that gave the value, where `if`, `match` or `let` lead to a
///   part), `filled` (that part with the values in the place of names, where it is arithmetic), `place` (of the formula), `failure` (`message`, `formula`, `place`), `extent` (`above`,
///   `below`: the figure is opened elsewhere in the document; `cut`: it lies too deep), and what it rests on:
/// - `roundings`: `formula`, `mode`, `step`, `exact`, `result`, `residual` (the exact value less the
///   result), `type`, `words` (an object with the last four in words).
/// - `allocation`: `exact`, `step`, `cut`, `cut_off`, `rows`, `left_over` (what is given out again),
///   `winners` (how many rows are given a step), `place` (the row's among all, from 1), `type`.
/// - `inputs`: `name` (`participants.pay`, `period.first_day`), `key`, `type`, `value`, `words`,
///   `about`, `default` (true where the value is that of the field's default), `file` and `line` of
///   the row; a record that may be absent as a whole has `name` and `present`.
/// - `lookups`: `table`, `key` (as the row's key is written) and `found`.
/// - `terms`: `name`, `clauses`, `about`, `change`, `type`, `value`, `words`, `from` and `until` (of the
///   version in force), `read_on`.
/// - `assumptions`: `name`, `clauses`, `about`, `reading`, `meaning`, `chosen_by` (`plan`, `caller`, `determination`),
///   `others` (each with `reading` and `meaning`).
/// - `walks`: `formula`, `over` (a table, or the formula of a list), `condition`, `rows`, `passed`,
///   `function`, `value` and `words` (of what is made of the rows), `items` (each with `of`, `value`,
///   `words`; the one alone that decided, for `any`, `all`, `first` and `last`), `left_out` (how many that
///   passed are not among them). Where the walk folds, calls functions of the plan or rounds, items are
///   its first 100 and its last 100 steps, each with `step` (its number among those that passed), for a
///   fold `before` (`value` and `words` of the state before it; `value` is the state after it), `taken`
///   and `filled` as a figure has them, and what it rests on. An explanation has 4000 such steps at most.
///   Of any other walk the first 12 items are listed.
/// - `stopped_at`: the rows or items at which a walk failed.
/// - `computed`: parts of the formula that are compared, or that the least or the greatest is taken
///   of, each with `formula`, `type`, `value`, `words`.
/// - `steps`: rules, functions and variables, each a figure.
/// - `branches`: `of` (`case`, `requirement`, `if`, `match`), `condition` (none for `otherwise`),
///   `answer` (null where it was not asked), `clause`, `gives` (the formula of the part that it leads
///   to), `reason` (of a requirement), `value` and `words` (of the subject of a `match`), and what the
///   condition rests on, as for a figure.
#[must_use]
pub fn explain_json(explanation: &Faced<Explanation>) -> String {
    let speaker = Speaker::new(explanation);
    let program = speaker.program;
    let root = figure(&speaker, &explanation.value.root, None);
    let document = Document {
        plan: &program.id,
        title: &program.title,
        source: program.source.as_deref(),
        as_of: speaker.choices.as_of.map(|d| d.to_string()),
        assumptions: explanation
            .value
            .assumptions
            .iter()
            .filter_map(|(of, reading)| assumption(&speaker, *of, *reading))
            .collect(),
        headings: headings(program, &root),
        explanation: root,
    };
    // Everything here serializes: maps have text for keys.
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    escape::json(&text)
}

fn strings(texts: &[std::sync::Arc<str>]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

fn json(speaker: &Speaker<'_>, ty: &Type, value: &Value) -> serde_json::Value {
    serde_json::to_value(speaker.shown(ty, value)).unwrap_or_default()
}

fn number(speaker: &Speaker<'_>, ty: &Type, n: &Num) -> serde_json::Value {
    json(speaker, ty, &Value::Number(n.clone()))
}

fn value(speaker: &Speaker<'_>, ty: &Type, value: &Value) -> ValueOut {
    ValueOut { value: json(speaker, ty, value), words: speaker.shown(ty, value).words() }
}

fn place(speaker: &Speaker<'_>, span: Span) -> Place {
    let (line, column) = speaker.program.sources.line_column(span);
    Place { file: speaker.program.sources.name_of(span).to_owned(), line, column }
}

fn type_name(speaker: &Speaker<'_>, ty: &Type) -> String {
    match ty.required() {
        // A row is known to readers by its table.
        Type::Row(table) => speaker.table(*table).to_owned(),
        _ => ty.to_string(),
    }
}

fn figure(speaker: &Speaker<'_>, node: &Node, around: Option<RowOf>) -> FigureOut {
    let (mut key, mut arguments, mut own, mut about) = (None, Vec::new(), Vec::new(), None);
    let (kind, name) = match &node.kind {
        NodeKind::Rule(id, row) => {
            let rule = speaker.program.rule(*id);
            key = rule
                .and_then(|r| r.table)
                .zip(*row)
                .map(|(t, r)| row_label(speaker.program, speaker.data, t, r));
            own = rule.map(|r| strings(&r.cite)).unwrap_or_default();
            about = rule.and_then(|r| r.about.as_ref()).map(ToString::to_string);
            ("rule", speaker.program.rule_name(*id))
        }
        NodeKind::Function(id, args) => {
            let function = speaker.program.functions.get(id.0);
            if let Some(function) = function {
                let named = function.params.iter().zip(args);
                arguments = named
                    .map(|((name, ty), v)| Argument { name: name.to_string(), value: value(speaker, ty, v) })
                    .collect();
                own = strings(&function.cite);
                about = function.about.as_ref().map(ToString::to_string);
            }
            ("function", function.map(|f| f.name.value.to_string()).unwrap_or_default())
        }
        NodeKind::Variable(name) => ("variable", name.to_string()),
        NodeKind::Step(number) => ("step", number.to_string()),
    };
    let mut clauses: Vec<String> = Vec::new();
    for clause in deciding(node).into_iter().chain(own) {
        if !clauses.contains(&clause) {
            clauses.push(clause);
        }
    }
    let formula = node.formula.map(|span| speaker.formula(span));
    FigureOut {
        kind,
        name,
        key,
        arguments,
        clauses,
        about,
        r#type: type_name(speaker, &node.ty),
        value: node.value.as_ref().map(|v| json(speaker, &node.ty, v)).unwrap_or_default(),
        words: node.value.as_ref().map(|v| speaker.shown(&node.ty, v).words()),
        taken: node.taken.map(|span| speaker.formula(span)).filter(|taken| Some(taken) != formula.as_ref()),
        formula,
        filled: speaker.filled(node),
        place: node.formula.map(|span| place(speaker, span)),
        failure: node.fault.as_ref().map(|fault| Failure {
            message: fault.kind.to_string(),
            formula: speaker.formula(fault.span),
            place: place(speaker, fault.span),
        }),
        extent: match node.extent {
            Extent::Whole => None,
            Extent::Above => Some("above"),
            Extent::Below => Some("below"),
            Extent::Cut => Some("cut"),
        },
        rests: rests(speaker, &node.steps, speaker.row_of(&node.kind, around)),
    }
}

/// The clause of the case that decided.
fn deciding(node: &Node) -> Option<String> {
    node.steps.iter().find_map(|step| match step {
        Step::Branch(Branch { of: BranchOf::Case(_), answer: Some(true), cite, .. }) => {
            cite.as_ref().map(ToString::to_string)
        }
        _ => None,
    })
}

fn rests(speaker: &Speaker<'_>, steps: &[Step], here: Option<RowOf>) -> Rests {
    let mut all = Rests::default();
    for step in steps {
        match step {
            Step::Node(node) => all.steps.push(figure(speaker, node, here)),
            Step::Branch(branch) => all.branches.push(self::branch(speaker, branch, here)),
            Step::Rounding(rounding) => all.roundings.push(self::rounding(speaker, rounding)),
            Step::Figure(Figure::Share(share)) => all.allocation = Some(self::share(speaker, share)),
            Step::Walk(walked) => all.walks.push(self::walk(speaker, walked, here)),
            Step::Figure(Figure::Input { holder, row, field, value, default }) => {
                all.inputs.extend(input(speaker, (*holder, *row, *field), value, *default));
            }
            Step::Figure(Figure::Record { record, present }) => all.inputs.push(InputOut {
                name: speaker.holder(Holder::Record(*record)).to_owned(),
                present: Some(*present),
                ..InputOut::default()
            }),
            Step::Figure(Figure::Lookup { table, key, row }) => {
                all.lookups.push(lookup(speaker, *table, key, row.is_some()));
            }
            Step::Figure(Figure::Term { term, version, date, value }) => {
                let Some(declared) = speaker.program.terms.get(*term) else { continue };
                let version = declared.versions.get(*version);
                all.terms.push(TermOut {
                    name: declared.name.value.to_string(),
                    clauses: strings(&declared.cite),
                    about: declared.about.as_ref().map(ToString::to_string),
                    change: declared.change.as_ref().map(ToString::to_string),
                    r#type: type_name(speaker, &declared.ty),
                    value: self::value(speaker, &declared.ty, value),
                    from: version.and_then(|v| v.from).map(|d| d.to_string()),
                    until: version.and_then(|v| v.until).map(|d| d.to_string()),
                    read_on: date.map(|d| d.to_string()),
                });
            }
            Step::Figure(Figure::Assumption { assumption, reading }) => {
                all.assumptions.extend(self::assumption(speaker, *assumption, *reading));
            }
            Step::Figure(Figure::Stopped { at, ty }) => all.stopped_at.push(json(speaker, ty, at)),
            Step::Figure(Figure::Computed { span, value, ty }) => all.computed.push(ComputedOut {
                formula: speaker.formula(*span),
                r#type: type_name(speaker, ty),
                value: self::value(speaker, ty, value),
            }),
        }
    }
    all
}

fn branch(speaker: &Speaker<'_>, branch: &Branch, here: Option<RowOf>) -> BranchOut {
    let part = |span: Option<Span>| span.map(|s| speaker.formula(s));
    let (of, gives, reason, subject) = match &branch.of {
        BranchOf::Case(then) => ("case", part(Some(*then)), None, None),
        BranchOf::Requirement(reason) => ("requirement", None, Some(reason.to_string()), None),
        BranchOf::If(gives) => ("if", part(*gives), None, None),
        BranchOf::Match(found, ty, gives) => ("match", part(*gives), None, Some(value(speaker, ty, found))),
    };
    BranchOut {
        of,
        condition: part(branch.condition),
        answer: branch.answer,
        clause: branch.cite.as_ref().map(ToString::to_string),
        gives,
        reason,
        subject,
        rests: rests(speaker, &branch.steps, here),
    }
}

fn rounding(speaker: &Speaker<'_>, rounding: &Rounding) -> RoundingOut {
    let ty = &rounding.ty;
    let residual = rounding.exact.sub(&rounding.result, Num::ANY_SIZE).unwrap_or(Num::ZERO);
    let words = |n: &Num| speaker.shown(ty, &Value::Number(n.clone())).words();
    RoundingOut {
        formula: speaker.formula(rounding.span),
        mode: rounding.mode.name(),
        step: number(speaker, ty, &rounding.step),
        exact: number(speaker, ty, &rounding.exact),
        result: number(speaker, ty, &rounding.result),
        residual: number(speaker, ty, &residual),
        r#type: type_name(speaker, ty),
        words: RoundingWords {
            step: words(&rounding.step),
            exact: words(&rounding.exact),
            result: words(&rounding.result),
            residual: words(&residual),
        },
    }
}

fn share(speaker: &Speaker<'_>, share: &Share) -> ShareOut {
    let number = |n: &Num| number(speaker, &share.ty, n);
    ShareOut {
        exact: number(&share.exact),
        step: number(&share.step),
        cut: number(&share.cut),
        cut_off: number(&share.cut_off),
        rows: share.rows,
        left_over: number(&share.left_over),
        winners: share.winners,
        place: share.place,
        r#type: type_name(speaker, &share.ty),
    }
}

fn input(
    speaker: &Speaker<'_>,
    (holder, row, field): (Holder, Option<u32>, usize),
    value: &Value,
    default: bool,
) -> Option<InputOut> {
    let declared = speaker.field(holder, field)?;
    let prefix = match speaker.holder(holder) {
        "" => String::new(),
        name => format!("{name}."),
    };
    let mut out = InputOut {
        name: format!("{prefix}{}", declared.name.value),
        r#type: Some(type_name(speaker, &declared.ty)),
        value: Some(self::value(speaker, &declared.ty, value)),
        about: declared.about.as_ref().map(ToString::to_string),
        default,
        ..InputOut::default()
    };
    if let (Holder::Table(table), Some(row)) = (holder, row) {
        out.key = Some(row_label(speaker.program, speaker.data, table, row));
        let place = speaker.data.place(table, row).map(|p| p.subject()).unwrap_or_default();
        (out.file, out.line, out.at) = (place.file, place.line, place.at);
    }
    Some(out)
}

fn lookup(speaker: &Speaker<'_>, table: usize, key: &[Value], found: bool) -> LookupOut {
    let info = speaker.program.tables.get(table);
    let fields = info.into_iter().flat_map(|t| t.key.iter().filter_map(|k| t.fields.get(*k)));
    LookupOut {
        table: speaker.table(table).to_owned(),
        key: fields.zip(key).map(|(f, v)| json(speaker, &f.ty, v)).collect(),
        found,
    }
}

fn assumption(speaker: &Speaker<'_>, index: usize, chosen: usize) -> Option<AssumptionOut> {
    let assumption = speaker.program.assumptions.get(index)?;
    let readings = assumption.readings.values.iter().zip(&assumption.meanings);
    let mut readings: Vec<Reading> =
        readings.map(|(r, m)| Reading { reading: r.to_string(), meaning: m.to_string() }).collect();
    if chosen >= readings.len() {
        return None;
    }
    Some(AssumptionOut {
        name: assumption.name.value.to_string(),
        clauses: strings(&assumption.cite),
        about: assumption.about.as_ref().map(ToString::to_string),
        relied_upon: readings.remove(chosen),
        chosen_by: match (speaker.choices.determination(index), speaker.choices.reading(index)) {
            (Some(decided), Some(reading)) if decided.reading == reading => "determination",
            (_, Some(_)) => "caller",
            _ => "plan",
        },
        determination: speaker.choices.determination(index).map(|decided| DeterminationOut {
            reading: assumption.readings.values.get(decided.reading).map(ToString::to_string),
            by: decided.by.to_string(),
            on: decided.on.to_string(),
            note: decided.note.as_ref().map(ToString::to_string),
        }),
        others: readings,
    })
}

fn walk(speaker: &Speaker<'_>, walked: &Walked, here: Option<RowOf>) -> WalkOut {
    let walk = &walked.walk;
    let items: Vec<ItemOut> = if walked.steps.is_empty() {
        let plain = walk.items.iter().map(|(row, gives)| ItemOut {
            step: None,
            of: json(speaker, &walk.row, row),
            before: None,
            value: value(speaker, &walk.item, gives),
            taken: None,
            filled: None,
            rests: Rests::default(),
        });
        plain.collect()
    } else {
        walked.steps.iter().map(|step| item(speaker, walked, step, here)).collect()
    };
    WalkOut {
        formula: speaker.formula(walk.whole),
        over: match &walk.row {
            Type::Row(table) => speaker.table(*table).to_owned(),
            _ => speaker.formula(walk.source),
        },
        condition: walk.filter.map(|span| speaker.formula(span)),
        rows: walk.all,
        passed: walk.passed,
        function: walk.result.as_ref().map(|(name, ..)| *name),
        value: walk.result.as_ref().map(|(_, v, ty)| value(speaker, ty, v)),
        left_out: if walk.decided { 0 } else { walk.passed.saturating_sub(items.len()) },
        items,
    }
}

fn item(speaker: &Speaker<'_>, walked: &Walked, step: &WalkStep, here: Option<RowOf>) -> ItemOut {
    let node = &step.node;
    let gives = node.value.as_ref().unwrap_or(&Value::Absent);
    ItemOut {
        step: Some(step.number),
        of: json(speaker, &walked.walk.row, &step.of),
        before: step.before.as_ref().map(|before| value(speaker, &node.ty, before)),
        value: value(speaker, &node.ty, gives),
        taken: node.taken.map(|span| speaker.formula(span)),
        filled: speaker.filled(node),
        rests: rests(speaker, &node.steps, here),
    }
}
