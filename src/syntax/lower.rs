//! Lowering: from what the grammar matched to the syntax tree, with every span a place in the file.

use super::ast::{BinOp, CmpOp, Expr, ExprKind, MatchArm};
use super::fault::{Fault, Language};
use super::literals;
use super::parser::{Rule, too_deep};
use super::scan::Token;
use super::slips;
use crate::limits::Limits;
use crate::source::{Name, TextMap};
use pest::iterators::{Pair, Pairs};
use pest::pratt_parser::{Assoc, Op, PrattParser};
use std::ops::Range;
use std::sync::{Arc, LazyLock};

/// How much higher than it nests a tree may be: a chain of operators at one level makes it higher
/// by one for each. Walks over a tree of `4 × 64` levels fit a stack of 2 MB.
const HEIGHT_PER_DEPTH: usize = 4;

/// `or` and `and` and `not`, from loose to tight.
static LOGIC: LazyLock<PrattParser<Rule>> = LazyLock::new(|| {
    PrattParser::new()
        .op(Op::infix(Rule::or_op, Assoc::Left))
        .op(Op::infix(Rule::and_op, Assoc::Left))
        .op(Op::prefix(Rule::not_op))
});

/// Arithmetic and `otherwise`, from loose to tight.
static SUM: LazyLock<PrattParser<Rule>> = LazyLock::new(|| {
    PrattParser::new()
        .op(Op::infix(Rule::otherwise_op, Assoc::Right))
        .op(Op::infix(Rule::add_op, Assoc::Left) | Op::infix(Rule::sub_op, Assoc::Left))
        .op(Op::infix(Rule::mul_op, Assoc::Left) | Op::infix(Rule::div_op, Assoc::Left))
        .op(Op::prefix(Rule::neg_op))
});

/// An expression, with what lowering its parents needs to know.
pub(super) struct Tree {
    pub(super) expr: Expr,
    /// Its bytes in the text, brackets around it included.
    pub(super) range: Range<usize>,
    /// Levels of the tree.
    pub(super) height: usize,
    /// Whether it stood in round brackets.
    grouped: bool,
}

/// A part of the tree, or why there is none.
pub(super) type Lowered<T = Tree> = Result<T, Box<Fault>>;

/// What lowering needs to know about the text.
pub(super) struct Lower<'a, 't> {
    pub(super) map: &'a TextMap,
    pub(super) limits: &'t Limits,
    tokens: &'t [Token<'a>],
}

impl<'a, 't> Lower<'a, 't> {
    pub(super) fn new(map: &'a TextMap, limits: &'t Limits, tokens: &'t [Token<'a>]) -> Self {
        Self { map, limits, tokens }
    }

    /// The tree of a whole formula.
    pub(super) fn formula(&self, pair: Pair<'a, Rule>) -> Lowered<Expr> {
        Ok(self.expr(pair)?.expr)
    }

    /// The tree of a literal or a name.
    pub(super) fn single(&self, pair: Pair<'a, Rule>) -> Lowered<Expr> {
        Ok(self.primary(pair)?.expr)
    }

    /// A node over `range`, one level higher than its highest child.
    pub(super) fn node(&self, kind: ExprKind, range: Range<usize>, children: usize) -> Lowered {
        let height = children.saturating_add(1);
        if height > self.limits.depth.saturating_mul(HEIGHT_PER_DEPTH) {
            let last = self.tokens.partition_point(|t| t.start < range.end).checked_sub(1);
            if let Some(token) = last.and_then(|i| self.tokens.get(i)) {
                return Err(Box::new(too_deep(Language::Formula, token)));
            }
        }
        let span = self.map.span(range.clone());
        Ok(Tree { expr: Expr { kind, span }, range, height, grouped: false })
    }

    /// A word as a name.
    pub(super) fn name(&self, pair: &Pair<'_, Rule>) -> Name {
        Name::new(Arc::from(pair.as_str()), self.map.span(range(pair)))
    }

    /// Any form: a whole formula, or what stands in brackets and after `then`, `else`, `;` ...
    pub(super) fn expr(&self, pair: Pair<'a, Rule>) -> Lowered {
        match pair.as_rule() {
            Rule::expr => self.expr(Parts::of(pair).next()?),
            Rule::let_expr => self.let_expr(pair),
            Rule::if_expr => self.if_expr(pair),
            Rule::match_expr => self.match_expr(pair),
            Rule::fold_expr => self.fold(pair),
            Rule::logic => self.logic(pair),
            _ => Err(unread(range(&pair)).into()),
        }
    }

    fn let_expr(&self, pair: Pair<'a, Rule>) -> Lowered {
        let start = range(&pair).start;
        let mut parts = Parts::of(pair);
        let name = self.name(&parts.next()?);
        let value = self.expr(parts.next()?)?;
        let body = self.expr(parts.next()?)?;
        let (end, height) = (body.range.end, value.height.max(body.height));
        let kind = ExprKind::Let { name, value: Box::new(value.expr), body: Box::new(body.expr) };
        self.node(kind, start..end, height)
    }

    fn if_expr(&self, pair: Pair<'a, Rule>) -> Lowered {
        let start = range(&pair).start;
        let mut parts = Parts::of(pair);
        let condition = self.logic(parts.next()?)?;
        let then = self.expr(parts.next()?)?;
        let otherwise = self.expr(parts.next()?)?;
        let height = condition.height.max(then.height).max(otherwise.height);
        let end = otherwise.range.end;
        let kind = ExprKind::If(Box::new(condition.expr), Box::new(then.expr), Box::new(otherwise.expr));
        self.node(kind, start..end, height)
    }

    fn match_expr(&self, pair: Pair<'a, Rule>) -> Lowered {
        let start = range(&pair).start;
        let mut parts = Parts::of(pair);
        let subject = self.logic(parts.next()?)?;
        let (mut height, mut end) = (subject.height, subject.range.end);
        let (mut arms, mut otherwise) = (Vec::new(), None);
        while let Some(part) = parts.maybe() {
            if part.as_rule() != Rule::match_arm {
                let value = self.expr(part)?;
                (height, end) = (height.max(value.height), value.range.end);
                otherwise = Some(Box::new(value.expr));
                continue;
            }
            let mut trees = Vec::new();
            let mut inner = Parts::of(part);
            while let Some(part) = inner.maybe() {
                let tree = if part.as_rule() == Rule::logic { self.logic(part)? } else { self.expr(part)? };
                (height, end) = (height.max(tree.height), tree.range.end);
                trees.push(tree.expr);
            }
            let value = trees.pop().ok_or_else(|| unread(start..end))?;
            arms.push(MatchArm { patterns: trees, value });
        }
        let kind = ExprKind::Match { subject: Box::new(subject.expr), arms, otherwise };
        self.node(kind, start..end, height)
    }

    /// `or`, `and` and `not` over comparisons.
    pub(super) fn logic(&self, pair: Pair<'a, Rule>) -> Lowered {
        match alone(pair) {
            Ok(only) => self.comparison(only),
            Err(chain) => self.logic_chain(chain),
        }
    }

    fn logic_chain(&self, chain: Pairs<'a, Rule>) -> Lowered {
        let mut operands = Vec::new();
        for pair in chain.clone().filter(|pair| pair.as_rule() == Rule::comparison) {
            operands.push(self.comparison(pair)?);
        }
        self.join_logic(chain, operands)
    }

    /// Joins operands that have been lowered, so that the recursion does not go through the Pratt
    /// parser's frames.
    fn join_logic(&self, chain: Pairs<'a, Rule>, operands: Vec<Tree>) -> Lowered {
        let mut operands = operands.into_iter();
        LOGIC
            .map_primary(|pair| Ok(operands.next().ok_or_else(|| unread(range(&pair)))?))
            .map_prefix(|op, operand: Lowered| {
                let operand = operand?;
                let whole = range(&op).start..operand.range.end;
                self.node(ExprKind::Not(Box::new(operand.expr)), whole, operand.height)
            })
            .map_infix(|left, op, right| {
                let kind = if op.as_rule() == Rule::and_op { BinOp::And } else { BinOp::Or };
                self.binary(kind, &op, left?, right?)
            })
            .parse(chain)
    }

    fn binary(&self, op: BinOp, mark: &Pair<'_, Rule>, left: Tree, right: Tree) -> Lowered {
        let whole = left.range.start..right.range.end;
        let height = left.height.max(right.height);
        let span = self.map.span(range(mark));
        self.node(ExprKind::Binary(op, span, Box::new(left.expr), Box::new(right.expr)), whole, height)
    }

    fn comparison(&self, pair: Pair<'a, Rule>) -> Lowered {
        let mut parts = Parts::of(pair);
        let first = self.sum(parts.next()?)?;
        match parts.maybe() {
            None => Ok(first),
            Some(tail) if tail.as_rule() == Rule::presence => self.presence(first, tail),
            Some(tail) if tail.as_rule() == Rule::membership => self.membership(first, tail),
            Some(tail) => self.chain(first, tail, parts),
        }
    }

    /// `a is present`, `a is absent`.
    fn presence(&self, value: Tree, tail: Pair<'a, Rule>) -> Lowered {
        let asked = Parts::of(tail).next()?;
        let whole = value.range.start..range(&asked).end;
        let negated = asked.as_rule() == Rule::k_absent;
        self.node(ExprKind::IsPresent { value: Box::new(value.expr), negated }, whole, value.height)
    }

    /// `a in b`, `a not in b`.
    fn membership(&self, item: Tree, tail: Pair<'a, Rule>) -> Lowered {
        let mut parts = Parts::of(tail);
        let mut part = parts.next()?;
        let negated = part.as_rule() == Rule::not_in;
        if negated {
            part = parts.next()?;
        }
        let list = self.sum(part)?;
        let (whole, height) = (item.range.start..list.range.end, item.height.max(list.height));
        let kind = ExprKind::In { item: Box::new(item.expr), list: Box::new(list.expr), negated };
        self.node(kind, whole, height)
    }

    /// `a <= b < c`.
    fn chain(&self, first: Tree, tail: Pair<'a, Rule>, mut parts: Parts<'a>) -> Lowered {
        let (start, mut end, mut height) = (first.range.start, first.range.end, first.height);
        let mut rest = Vec::new();
        let mut next = Some(tail);
        while let Some(part) = next {
            let mut inner = Parts::of(part);
            let op = inner.next()?;
            let value = self.sum(inner.next()?)?;
            (end, height) = (value.range.end, height.max(value.height));
            rest.push((compare_op(op.as_str()), self.map.span(range(&op)), value.expr));
            next = parts.maybe();
        }
        self.node(ExprKind::Compare(Box::new(first.expr), rest), start..end, height)
    }

    /// Arithmetic and `otherwise`.
    pub(super) fn sum(&self, pair: Pair<'a, Rule>) -> Lowered {
        match alone(pair) {
            Ok(only) => self.operand(only),
            Err(chain) => self.sum_chain(chain),
        }
    }

    fn sum_chain(&self, chain: Pairs<'a, Rule>) -> Lowered {
        let mut operands = Vec::new();
        for pair in chain.clone() {
            match pair.as_rule() {
                Rule::operand => operands.push(self.operand(pair)?),
                Rule::add_op
                | Rule::sub_op
                | Rule::mul_op
                | Rule::div_op
                | Rule::neg_op
                | Rule::otherwise_op => {}
                // What may follow the last `otherwise`.
                _ => operands.push(self.expr(pair)?),
            }
        }
        self.join_sum(chain, operands)
    }

    /// Joins operands that have been lowered.
    fn join_sum(&self, chain: Pairs<'a, Rule>, operands: Vec<Tree>) -> Lowered {
        let mut operands = operands.into_iter();
        SUM.map_primary(|pair| Ok(operands.next().ok_or_else(|| unread(range(&pair)))?))
            .map_prefix(|op, operand: Lowered| {
                let operand = operand?;
                let whole = range(&op).start..operand.range.end;
                self.node(ExprKind::Negate(Box::new(operand.expr)), whole, operand.height)
            })
            .map_infix(|left: Lowered, op, right: Lowered| {
                let (left, right) = (left?, right?);
                let kind = match op.as_rule() {
                    Rule::add_op => BinOp::Add,
                    Rule::sub_op => BinOp::Sub,
                    Rule::mul_op => BinOp::Mul,
                    Rule::div_op => BinOp::Div,
                    _ => {
                        let whole = left.range.start..right.range.end;
                        let height = left.height.max(right.height);
                        let kind = ExprKind::Otherwise(Box::new(left.expr), Box::new(right.expr));
                        return self.node(kind, whole, height);
                    }
                };
                self.binary(kind, &op, left, right)
            })
            .parse(chain)
    }

    /// A primary with everything that follows it closely.
    fn operand(&self, pair: Pair<'a, Rule>) -> Lowered {
        let mut parts = Parts::of(pair);
        let mut tree = self.primary(parts.next()?)?;
        while let Some(part) = parts.maybe() {
            tree = self.suffix(tree, part)?;
        }
        Ok(tree)
    }

    fn suffix(&self, base: Tree, pair: Pair<'a, Rule>) -> Lowered {
        let (start, rule, whole) = (base.range.start, pair.as_rule(), range(&pair));
        let mut parts = Parts::of(pair);
        match rule {
            Rule::field => {
                let field = parts.next()?;
                let end = range(&field).end;
                let kind = ExprKind::Field(Box::new(base.expr), self.name(&field));
                self.node(kind, start..end, base.height)
            }
            Rule::lookup => {
                let (keys, height) = self.items(parts)?;
                let kind = ExprKind::Lookup(Box::new(base.expr), keys);
                self.node(kind, start..whole.end, base.height.max(height))
            }
            Rule::at_date => {
                let mut date = self.primary(parts.next()?)?;
                while let Some(part) = parts.maybe() {
                    date = self.suffix(date, part)?;
                }
                let (end, height) = (date.range.end, base.height.max(date.height));
                self.node(ExprKind::At(Box::new(base.expr), Box::new(date.expr)), start..end, height)
            }
            Rule::changed => {
                let record = parts.next()?;
                let end = range(&record).end;
                let (fields, height) = self.fields(record)?;
                let kind = ExprKind::With(Box::new(base.expr), fields);
                self.node(kind, start..end, base.height.max(height))
            }
            Rule::power => {
                let exponent = parts.next()?;
                let end = range(&exponent).end;
                let power = literals::exponent(&exponent)?;
                self.node(ExprKind::Power(Box::new(base.expr), power), start..end, base.height)
            }
            _ => Err(unread(whole).into()),
        }
    }

    fn primary(&self, pair: Pair<'a, Rule>) -> Lowered {
        match pair.as_rule() {
            Rule::call => self.call(pair),
            Rule::list => self.list(pair),
            Rule::group => self.group(pair),
            Rule::record => {
                let whole = range(&pair);
                let (fields, height) = self.fields(pair)?;
                self.node(ExprKind::Record(fields), whole, height)
            }
            Rule::clause_of | Rule::reasons_of => self.asked(pair),
            _ => self.leaf(pair),
        }
    }

    fn group(&self, pair: Pair<'a, Rule>) -> Lowered {
        let whole = range(&pair);
        let mut tree = self.expr(Parts::of(pair).next()?)?;
        // Brackets belong to what they hold: a label under it covers them.
        tree.expr.span = self.map.span(whole.clone());
        (tree.range, tree.grouped) = (whole, true);
        Ok(tree)
    }

    /// A literal, a name or a `fail`.
    fn leaf(&self, pair: Pair<'a, Rule>) -> Lowered {
        let mut whole = range(&pair);
        let kind = match pair.as_rule() {
            Rule::number => literals::number(self.map, pair, self.limits.fraction_bits)?,
            Rule::date => literals::date(&pair)?,
            Rule::text => ExprKind::Text(literals::text(&pair)),
            Rule::truth => ExprKind::Bool(pair.as_str() == "true"),
            Rule::k_absent => ExprKind::Absent,
            Rule::failure => {
                let text = Parts::of(pair).next()?;
                whole.end = range(&text).end;
                ExprKind::Fail(literals::text(&text))
            }
            Rule::name => {
                slips::foreign_absence(pair.as_str(), &whole)?;
                ExprKind::Name(self.name(&pair))
            }
            _ => return Err(unread(whole).into()),
        };
        self.node(kind, whole, 0)
    }

    /// `clause of` and `reasons of`.
    fn asked(&self, pair: Pair<'a, Rule>) -> Lowered {
        let (start, rule) = (range(&pair).start, pair.as_rule());
        let path = self.path(pair)?;
        let (end, height) = (path.range.end, path.height);
        let path = Box::new(path.expr);
        let kind = if rule == Rule::clause_of { ExprKind::ClauseOf(path) } else { ExprKind::ReasonsOf(path) };
        self.node(kind, start..end, height)
    }

    /// The rule that `clause of` and `reasons of` ask about.
    fn path(&self, pair: Pair<'a, Rule>) -> Lowered {
        let mut parts = Parts::of(pair);
        let name = parts.next()?;
        let mut tree = self.node(ExprKind::Name(self.name(&name)), range(&name), 0)?;
        while let Some(part) = parts.maybe() {
            tree = self.suffix(tree, part)?;
        }
        Ok(tree)
    }

    fn call(&self, pair: Pair<'a, Rule>) -> Lowered {
        let whole = range(&pair);
        let mut parts = Parts::of(pair);
        let function = parts.next()?;
        slips::keyword_as_function(function.as_str(), &range(&function))?;
        let function = self.name(&function);
        let (arguments, height) = self.arguments(parts, None)?;
        self.node(ExprKind::Call(function, arguments), whole, height)
    }

    fn list(&self, pair: Pair<'a, Rule>) -> Lowered {
        let whole = range(&pair);
        let (mut items, height) = self.arguments(Parts::of(pair), Some(whole.clone()))?;
        match items.pop() {
            // A query brings its brackets with it; inside them it is no list of one list.
            Some(Expr { kind: kind @ ExprKind::Query(_), span }) if span == self.map.span(whole.clone()) => {
                self.node(kind, whole, height.saturating_sub(1))
            }
            last => {
                items.extend(last);
                self.node(ExprKind::List(items), whole, height)
            }
        }
    }

    /// What stands between the brackets of a call or a list: values, or one query, whose place is
    /// that of its own words, or `brackets` where these belong to it.
    fn arguments(&self, mut parts: Parts<'a>, brackets: Option<Range<usize>>) -> Lowered<(Vec<Expr>, usize)> {
        let Some(first) = parts.maybe() else { return Ok((Vec::new(), 0)) };
        let first = self.expr(first)?;
        let (mut items, mut height) = (Vec::new(), first.height);
        match parts.maybe() {
            Some(walk) if matches!(walk.as_rule(), Rule::walk | Rule::short_walk) => {
                let query = self.query(first, walk, brackets)?;
                return Ok((vec![query.expr], query.height));
            }
            second => {
                items.push(first.expr);
                let mut next = second;
                while let Some(part) = next {
                    let item = self.expr(part)?;
                    height = height.max(item.height);
                    items.push(item.expr);
                    next = parts.maybe();
                }
            }
        }
        Ok((items, height))
    }

    /// Values separated by commas.
    fn items(&self, mut parts: Parts<'a>) -> Lowered<(Vec<Expr>, usize)> {
        let (mut items, mut height) = (Vec::new(), 0);
        while let Some(part) = parts.maybe() {
            let item = self.expr(part)?;
            height = height.max(item.height);
            items.push(item.expr);
        }
        Ok((items, height))
    }

    /// The fields of a record.
    fn fields(&self, pair: Pair<'a, Rule>) -> Lowered<(Vec<(Name, Expr)>, usize)> {
        let mut parts = Parts::of(pair);
        let (mut fields, mut height) = (Vec::new(), 0);
        while let Some(label) = parts.maybe() {
            let value = self.expr(parts.next()?)?;
            height = height.max(value.height);
            fields.push((self.name(&label), value.expr));
        }
        Ok((fields, height))
    }
}

/// The only operand of a chain without operators, which is most of them; it spares the stack the
/// Pratt parser's frames.
fn alone(pair: Pair<'_, Rule>) -> Result<Pair<'_, Rule>, Pairs<'_, Rule>> {
    let chain = pair.into_inner();
    let mut ahead = chain.clone();
    match (ahead.next(), ahead.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(chain),
    }
}

impl Tree {
    /// Whether it was written without brackets of its own.
    pub(super) fn is_bare(&self) -> bool {
        !self.grouped
    }
}

/// The parts of a pair that mean something: no keywords, commas or closing brackets.
pub(super) struct Parts<'a> {
    pairs: Pairs<'a, Rule>,
    whole: Range<usize>,
}

impl<'a> Parts<'a> {
    pub(super) fn of(pair: Pair<'a, Rule>) -> Self {
        let whole = range(&pair);
        Self { pairs: pair.into_inner(), whole }
    }

    /// The next part, where there is one.
    pub(super) fn maybe(&mut self) -> Option<Pair<'a, Rule>> {
        self.pairs.find(|pair| !is_mark(pair.as_rule()))
    }

    /// The next part, which the grammar promises.
    pub(super) fn next(&mut self) -> Lowered<Pair<'a, Rule>> {
        let whole = self.whole.clone();
        Ok(self.maybe().ok_or_else(|| unread(whole))?)
    }
}

const fn is_mark(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::k_let
            | Rule::k_if
            | Rule::k_then
            | Rule::k_else
            | Rule::k_match
            | Rule::k_when
            | Rule::k_fold
            | Rule::k_for
            | Rule::k_in
            | Rule::k_not
            | Rule::k_where
            | Rule::k_is
            | Rule::k_at
            | Rule::k_with
            | Rule::k_fail
            | Rule::k_order
            | Rule::k_by
            | Rule::k_of
            | Rule::k_clause
            | Rule::k_reasons
            | Rule::k_list
            | Rule::k_one
            | Rule::k_ref
            | Rule::equals
            | Rule::semicolon
            | Rule::comma
            | Rule::colon
            | Rule::close_paren
            | Rule::close_bracket
            | Rule::close_brace
            | Rule::EOI
    )
}

/// A pair's bytes in the text. At the end of an open-ended rule they may cover blanks.
pub(super) fn range(pair: &Pair<'_, Rule>) -> Range<usize> {
    let span = pair.as_span();
    span.start()..span.end()
}

/// The grammar matched what lowering does not know: the two files have come apart.
pub(super) fn unread(range: Range<usize>) -> Fault {
    Fault::new(Language::Formula.code(), "this cannot be read").label(range, "not understood")
}

fn compare_op(mark: &str) -> CmpOp {
    match mark {
        "=" => CmpOp::Eq,
        "<>" | "≠" => CmpOp::Ne,
        "<" => CmpOp::Lt,
        "<=" | "≤" => CmpOp::Le,
        ">" => CmpOp::Gt,
        _ => CmpOp::Ge,
    }
}
