//! Plain words typeset: `p_n = a_n^2/E phi(Z)^2` in italics, Greek, subscripts, superscripts, and how wide that is.
//!
//! Names of curves and of axes are plain ASCII, as in files of numbers; what is a symbol in them is seen here. A letter that stands
//! alone is a variable, but `E` (an expectation) and the article `a`; a word is a word.

use std::fmt::Write;

/// A piece of text of one style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub text: String,
    pub italic: bool,
    /// 1 above the line, -1 below it.
    pub level: i8,
}

/// How large sub- and superscripts are.
const SCRIPT: f64 = 0.72;
/// How far they are moved, in sizes.
const SHIFT: f64 = 0.33;

const GREEK: [(&str, &str); 26] = [
    ("alpha", "α"),
    ("beta", "β"),
    ("gamma", "γ"),
    ("delta", "δ"),
    ("epsilon", "ε"),
    ("zeta", "ζ"),
    ("eta", "η"),
    ("theta", "θ"),
    ("iota", "ι"),
    ("kappa", "κ"),
    ("lambda", "λ"),
    ("mu", "μ"),
    ("nu", "ν"),
    ("xi", "ξ"),
    ("pi", "π"),
    ("rho", "ρ"),
    ("sigma", "σ"),
    ("tau", "τ"),
    ("phi", "φ"),
    ("chi", "χ"),
    ("psi", "ψ"),
    ("omega", "ω"),
    ("Theta", "Θ"),
    ("Sigma", "Σ"),
    ("Phi", "Φ"),
    ("Pi", "Π"),
];

/// Widths in thousandths of the size of ASCII from the space on, in Arimo, which has those of Arial, Helvetica and Liberation Sans.
const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

fn width_of(c: char) -> f64 {
    let thousandths = match c {
        ' '..='~' => WIDTHS[c as usize - 32],
        '′' => 188,
        '·' => 333,
        'α' | 'β' | 'σ' | 'υ' | 'φ' => 650,
        'π' | 'ψ' | 'ω' | 'Φ' | 'Θ' => 800,
        '−' | '≤' | '≥' | '≈' | '≠' | '√' => 584,
        '∞' | 'Σ' | 'Π' => 725,
        '→' | '…' => 1000,
        '’' => 222,
        'ℓ' => 323,
        // letters of other alphabets, not drawn narrower than this
        c if c.is_alphabetic() && (c as u32) < 0x3000 => 620,
        _ => 1000,
    };
    f64::from(thousandths) / 1000.0
}

/// How wide it is.
pub(super) fn width(runs: &[Run], size: f64) -> f64 {
    let of = |run: &Run| {
        let size = if run.level == 0 { size } else { size * SCRIPT };
        run.text.chars().map(width_of).sum::<f64>() * size
    };
    runs.iter().map(of).sum()
}

/// As the contents of an SVG `text`.
pub(super) fn spans(runs: &[Run], size: f64) -> String {
    let mut out = String::new();
    let mut level = 0;
    for run in runs {
        let mut attributes = String::new();
        if run.italic {
            attributes += " font-style=\"italic\"";
        }
        if run.level != level {
            // not of the letters' own size: the one move has to undo the other
            let dy = f64::from(level - run.level) * SHIFT * size;
            let _ = write!(attributes, " dy=\"{dy:.2}\"");
            level = run.level;
        }
        if run.level != 0 {
            let _ = write!(attributes, " font-size=\"{:.2}\"", size * SCRIPT);
        }
        let text = escaped(&run.text);
        match attributes.is_empty() {
            true => out += &text,
            false => {
                let _ = write!(out, "<tspan{attributes}>{text}</tspan>");
            }
        }
    }
    out
}

/// For XML; what XML cannot hold is left out.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// Plain words as HTML, symbols typeset: for pages beside figures.
///
/// ```
/// assert_eq!(deeplimit::figure::marked_up("alpha = -4 & A' < a_n^2"),
///     "<i>α</i> = −4 &amp; <i>A</i>′ &lt; <i>a</i><sub><i>n</i></sub><sup>2</sup>");
/// ```
pub fn marked_up(plain: &str) -> String {
    let mut out = String::new();
    for run in typeset(plain) {
        let text = escaped(&run.text);
        let text = match run.italic {
            true => format!("<i>{text}</i>"),
            false => text,
        };
        out += &match run.level {
            1 => format!("<sup>{text}</sup>"),
            -1 => format!("<sub>{text}</sub>"),
            _ => text,
        };
    }
    out
}

/// Without styles: for titles that are read aloud.
pub(super) fn spoken(runs: &[Run]) -> String {
    let mut out = String::new();
    for run in runs {
        match run.level {
            1 => out += "^",
            -1 => out += "_",
            _ => {}
        }
        out += &run.text;
    }
    out
}

/// Symbols seen in plain words.
pub(super) fn typeset(plain: &str) -> Vec<Run> {
    let mut reader = Reader {
        chars: plain.chars().collect(),
        at: 0,
        runs: Vec::new(),
        symbol: false,
    };
    reader.all(0);
    reader.runs
}

/// In lines no wider than this, broken at spaces.
pub(super) fn lines(plain: &str, size: f64, widest: f64) -> Vec<Vec<Run>> {
    let mut lines: Vec<String> = Vec::new();
    for word in plain.split_whitespace() {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match longer {
            Some(longer) if width(&typeset(&longer), size) <= widest => {
                *lines.last_mut().expect("there is one") = longer;
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|line| typeset(line)).collect()
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    runs: Vec<Run>,
    /// What stands before is a variable, a number or a bracket that closes: it may have an index, a power, a prime.
    symbol: bool,
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn push(&mut self, text: &str, italic: bool, level: i8) {
        match self.runs.last_mut() {
            Some(last) if last.italic == italic && last.level == level => last.text += text,
            _ => self.runs.push(Run {
                text: text.to_owned(),
                italic,
                level,
            }),
        }
    }

    fn all(&mut self, level: i8) {
        while self.at < self.chars.len() {
            self.token(level);
        }
    }

    /// The word that begins here.
    fn word(&self) -> String {
        let rest = &self.chars[self.at..];
        rest.iter().take_while(|c| c.is_alphabetic()).collect()
    }

    fn is_long_word(text: &str) -> bool {
        text.chars().count() > 1 && GREEK.iter().all(|(name, _)| *name != text)
    }

    /// The word that ends here.
    fn word_before(&self) -> String {
        let before = self.chars[..self.at].iter().rev();
        let letters: Vec<char> = before.take_while(|c| c.is_alphabetic()).copied().collect();
        letters.into_iter().rev().collect()
    }

    fn token(&mut self, level: i8) {
        let Some(c) = self.peek(0) else { return };
        if c.is_alphabetic() {
            return self.letters(level);
        }
        if c.is_ascii_digit() {
            let rest = &self.chars[self.at..];
            let end = rest
                .iter()
                .position(|c| !c.is_ascii_digit() && *c != '.')
                .unwrap_or(rest.len());
            // a full stop is no point
            let end = end - usize::from(end > 1 && rest[end - 1] == '.');
            let number: String = rest[..end].iter().collect();
            self.at += end;
            self.push(&number, false, level);
            self.symbol = true;
            return self.power_of_ten(level);
        }
        if level == 0 && self.symbol && matches!(c, '_' | '^') && self.peek(1).is_some() {
            self.at += 1;
            return self.script(if c == '_' { -1 } else { 1 });
        }
        self.sign(c, level);
    }

    /// What stands behind a number in `1.5e-7`.
    fn power_of_ten(&mut self, level: i8) {
        if self.peek(0) != Some('e') || level != 0 {
            return;
        }
        let sign = usize::from(self.peek(1) == Some('-'));
        if self.peek(1 + sign).is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
            self.push("·10", false, level);
            self.script(1);
        }
    }

    fn letters(&mut self, level: i8) {
        let word = self.word();
        let count = word.chars().count();
        let before = self.symbol;
        self.at += count;
        let symbol = |names: &str| names == word;
        if let Some((_, letter)) = GREEK.iter().find(|(name, _)| *name == word) {
            self.push(letter, letter.chars().all(char::is_lowercase), level);
            self.symbol = true;
        } else if symbol("infinity") || symbol("infty") {
            self.push("∞", false, level);
            self.symbol = true;
        } else if symbol("sqrt") {
            self.push("√", false, level);
            self.symbol = false;
        } else if count == 1 {
            let next = self.peek(0);
            let article = symbol("a")
                && !before
                && next == Some(' ')
                && self.peek(1).is_some_and(char::is_alphabetic);
            // the basis h0, h1, ...
            let index = level == 0 && next.is_some_and(|c| c.is_ascii_digit());
            // an l without serifs is an I
            let shown = if symbol("l") { "ℓ" } else { &word };
            self.push(shown, !article && !symbol("E"), level);
            self.symbol = true;
            if index && !symbol("E") {
                self.script(-1);
            }
        } else {
            self.push(&word, false, level);
            self.symbol = false;
            // it may have a base
            self.symbol = symbol("log");
            if symbol("log") && self.peek(0).is_some_and(|c| c.is_ascii_digit()) && level == 0 {
                self.script(-1);
            }
        }
    }

    /// What is raised or lowered: a group in brackets, which go, or a number or a word.
    fn script(&mut self, level: i8) {
        let close = match self.peek(0) {
            Some('(') => Some(')'),
            Some('{') => Some('}'),
            _ => None,
        };
        if let Some(close) = close {
            let open = self.chars[self.at];
            let mut depth = 0;
            let rest = &self.chars[self.at..];
            let end = rest.iter().position(|c| {
                depth += i32::from(*c == open) - i32::from(*c == close);
                depth == 0
            });
            if let Some(end) = end {
                let inner: Vec<char> = rest[1..end].to_vec();
                self.at += end + 1;
                self.inside(inner, level);
                return;
            }
        }
        if matches!(self.peek(0), Some('-' | '+')) {
            let sign = if self.peek(0) == Some('-') {
                "−"
            } else {
                "+"
            };
            self.push(sign, false, level);
            self.at += 1;
        }
        self.symbol = false;
        self.token(level);
        self.symbol = true;
    }

    fn inside(&mut self, chars: Vec<char>, level: i8) {
        let mut reader = Reader {
            chars,
            at: 0,
            runs: Vec::new(),
            symbol: false,
        };
        reader.all(level);
        for run in reader.runs {
            self.push(&run.text, run.italic, run.level);
        }
        self.symbol = true;
    }

    fn sign(&mut self, c: char, level: i8) {
        let two: String = self.chars[self.at..].iter().take(2).collect();
        let pair = match two.as_str() {
            "<=" => Some("≤"),
            ">=" => Some("≥"),
            "->" => Some("→"),
            "+-" => Some("±"),
            _ => None,
        };
        if let Some(pair) = pair {
            self.at += 2;
            self.symbol = false;
            return self.push(pair, false, level);
        }
        let before = self.at.checked_sub(1).map(|n| self.chars[n]);
        match c {
            '\'' if self.symbol => self.push("′", false, level),
            '\'' => {
                self.push("’", false, level);
                self.at += 1;
                // Bayes's: the end of a word is no variable
                let end = self.word();
                self.at += end.chars().count();
                return self.push(&end, false, level);
            }
            '*' => self.star(level),
            // they set code apart, and here it is set apart
            '`' => {}
            '-' => {
                let hyphen = self.is_hyphen(before);
                self.push(if hyphen { "-" } else { "−" }, false, level);
                self.symbol = false;
            }
            c => {
                self.push(&c.to_string(), false, level);
                self.symbol = matches!(c, ')' | ']' | '|');
            }
        }
        self.at += 1;
    }

    /// `c* = 0.76` is a name, `2*x` a product.
    fn star(&mut self, level: i8) {
        let ends = self
            .peek(1)
            .is_none_or(|c| !c.is_alphanumeric() && c != '(');
        if ends && self.symbol && level == 0 {
            self.push("*", false, 1);
        } else {
            self.push("·", false, level);
            self.symbol = false;
        }
    }

    /// A long word stands on one side of it.
    fn is_hyphen(&self, before: Option<char>) -> bool {
        let mut ahead = Reader {
            chars: self.chars.clone(),
            at: (self.at + 1).min(self.chars.len()),
            runs: Vec::new(),
            symbol: false,
        };
        let next = ahead.word();
        ahead.at += next.chars().count();
        let function = ahead.peek(0) == Some('(');
        let after = Self::is_long_word(&next) && !function;
        let word = Self::is_long_word(&self.word_before());
        before.is_some_and(|c| c != ' ') && (after || word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `*` italics, `^` above, `_` below.
    fn marked(plain: &str) -> String {
        let mut out = String::new();
        for run in typeset(plain) {
            out += match run.level {
                1 => "^",
                -1 => "_",
                _ => "",
            };
            let brackets = if run.italic { "*" } else { "" };
            out += &format!("{brackets}{}{brackets}", run.text);
        }
        out
    }

    #[test]
    fn symbols_are_seen_and_words_are_words() {
        for (plain, typeset) in [
            ("p_n = a_n^2", "*p*_*n* = *a*_*n*^2"),
            ("S_(l+1)", "*S*_*ℓ*_+1"),
            ("E phi(Z)^2", "E *φ*(*Z*)^2"),
            ("L = infinity", "*L* = ∞"),
            ("x^2-1", "*x*^2−1"),
            ("1-NN, edge-like", "1-NN, edge-like"),
            ("|x - x'|", "|*x* − *x*′|"),
            ("Bayes's rule", "Bayes’s rule"),
            ("c* = -0.76", "*c*^* = −0.76"),
            ("2*sign(x)", "2·sign(*x*)"),
            ("a step of a", "a step of *a*"),
            ("leaky_relu at sigma_w", "leaky_relu at *σ*_*w*"),
            ("(h1 + h3)/sqrt 2", "(*h*_1 + *h*_3)/√ 2"),
            ("log2(1/t)", "log_2(1/*t*)"),
            ("log_b(1/t), 1.07e-7", "log_*b*(1/*t*), 1.07·10^−7"),
            ("u^alpha, 10^-3", "*u*^*α*, 10^−3"),
            ("A' <= B'", "*A*′ ≤ *B*′"),
        ] {
            assert_eq!(marked(plain), typeset);
        }
    }

    /// Two lines together hold all words, and neither is too wide; what XML cannot hold is not in it.
    #[test]
    fn lines_are_broken_at_spaces() {
        let text = "the dual of some activation, with its fixed point and more";
        let broken = lines(text, 10.0, 150.0);
        assert!(broken.len() > 1 && broken.iter().all(|l| width(l, 10.0) <= 150.0));
        let words: Vec<String> = broken.iter().map(|l| spoken(l)).collect();
        assert_eq!(words.join(" "), text);
        assert_eq!(escaped("a<b&\"\u{1}"), "a&lt;b&amp;&quot;");
    }
}
