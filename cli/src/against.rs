//! A program whose kernel is examined: a line of JSON in, a line of JSON out.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use deeplimit::Activation;
use deeplimit::identity::Candidate;
use deeplimit::recursion::Pair;
use serde_json::{Map, Value as Json, json};

use crate::fault::shortened;
use crate::library::{Fineness, Numeral, Question};

/// It is started again so often.
const STARTS: u32 = 3;
/// More lines than this are not read in search of an answer.
const LINES: u32 = 16;
/// So much longer the first answer may take: libraries are loaded.
const STARTING: Duration = Duration::from_secs(60);
/// A longer line is no answer.
const LINE_MAX: usize = 1 << 20;

/// A program that answers questions.
pub struct Program {
    command: String,
    precision: Fineness,
    patience: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: Option<Running>,
    starts: u32,
    next: u64,
    /// A sentence for each way in which it went wrong, and how often.
    troubles: Vec<(Trouble, String, u64)>,
    answers: u64,
    given_up: bool,
}

struct Running {
    child: Child,
    input: ChildStdin,
    lines: Receiver<Vec<u8>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Absent,
    Hangs,
    Ended,
    Rubbish,
    Order,
    NoNumber,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    /// Nothing is started yet.
    pub fn new(command: &str, precision: Fineness, patience: Duration) -> Self {
        Program {
            command: command.to_owned(),
            precision,
            patience,
            state: Mutex::default(),
        }
    }

    /// What went wrong, a sentence for each kind of trouble.
    pub fn troubles(&self) -> Vec<String> {
        let state = self.state();
        let mut all: Vec<String> = (state.troubles.iter())
            .map(|(_, sentence, count)| match count {
                1 => sentence.clone(),
                n => format!("{sentence} ({n} times)"),
            })
            .collect();
        if state.given_up {
            let times = match state.starts {
                1 => "once".to_owned(),
                n => format!("{n} times"),
            };
            all.push(format!("it was started {times}, and is not asked any more"));
        }
        if all.is_empty() && state.answers == 0 {
            all.push("it has answered nothing that was asked".to_owned());
        }
        all
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer to a question, or nothing, and then the trouble is known.
    fn ask(&self, mut question: Map<String, Json>) -> Option<Map<String, Json>> {
        let mut state = self.state();
        if state.given_up {
            return None;
        }
        state.next += 1;
        let id = state.next;
        question.insert("id".to_owned(), id.into());
        let about = about(&question);
        let fresh = state.running.is_none();
        if fresh {
            if state.starts == STARTS {
                state.given_up = true;
                return None;
            }
            state.starts += 1;
            match self.started() {
                Ok(running) => state.running = Some(running),
                Err(error) => {
                    state.trouble(Trouble::Absent, format!("it cannot be started: {error}"));
                    return None;
                }
            }
        }
        let line = Json::Object(question).to_string() + "\n";
        let patience = if fresh {
            self.patience + STARTING
        } else {
            self.patience
        };
        let deadline = Instant::now() + patience;
        let found = state
            .running
            .as_mut()
            .map(|r| r.answer(&line, id, deadline))?;
        for (kind, what) in found.remarks {
            state.trouble(kind, format!("{what} {about}"));
        }
        if found.lost {
            state.running = None;
            // it had a minute for its first answer, and gave none: it will not have one the next time
            state.given_up |= fresh && state.answers == 0 && Instant::now() >= deadline;
        }
        state.answers += u64::from(found.answer.as_ref().is_some_and(|a| a.len() > 1));
        found.answer
    }

    fn started(&self) -> std::io::Result<Running> {
        let (shell, flag) = if cfg!(windows) {
            ("cmd", "/C")
        } else {
            ("sh", "-c")
        };
        // `exec`, so that what is stopped is the program and not the shell around it
        let simple = !self.command.contains([';', '|', '&', '\n', '(']);
        let text = match cfg!(windows) || !simple {
            true => self.command.clone(),
            false => format!("exec {}", self.command),
        };
        let mut child = Command::new(shell)
            .arg(flag)
            .arg(text)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()?;
        let missing = || std::io::Error::other("its input and output cannot be reached");
        let input = child.stdin.take().ok_or_else(missing)?;
        let output = child.stdout.take().ok_or_else(missing)?;
        let (sender, lines) = sync_channel(64);
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            loop {
                let mut line = vec![];
                let mut limited = std::io::Read::take(&mut output, LINE_MAX as u64);
                match limited.read_until(b'\n', &mut line) {
                    Ok(n) if n > 0 => {
                        if sender.send(line).is_err() {
                            break;
                        }
                    }
                    _ => break,
                }
            }
        });
        Ok(Running {
            child,
            input,
            lines,
        })
    }

    fn numbers(&self, question: Map<String, Json>, names: [&str; 2]) -> [Option<Numeral>; 2] {
        let about = about(&question);
        let Some(answer) = self.ask(question) else {
            return [None, None];
        };
        names.map(|name| {
            let value = answer.get(name).filter(|v| !v.is_null())?;
            match number(value) {
                Some(x) if self.precision.unit > Fineness::DOUBLE.unit => Some((x as f32).into()),
                Some(x) => Some(x.into()),
                None => {
                    let said = shortened(&value.to_string(), 40);
                    let sentence = format!(
                        "its `{name}` is {said}, which is no number, when it was asked {about}"
                    );
                    self.state().trouble(Trouble::NoNumber, sentence);
                    None
                }
            }
        })
    }
}

/// What became of one question.
struct Found {
    answer: Option<Map<String, Json>>,
    remarks: Vec<(Trouble, String)>,
    /// The program is of no use any more.
    lost: bool,
}

impl Running {
    fn answer(&mut self, line: &str, id: u64, deadline: Instant) -> Found {
        let mut found = Found {
            answer: None,
            remarks: vec![],
            lost: false,
        };
        // A program that has ended is seen at the next line that it does not write.
        let written = self
            .input
            .write_all(line.as_bytes())
            .and_then(|()| self.input.flush());
        for _ in 0..LINES {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = match self.lines.recv_timeout(left) {
                Ok(line) if written.is_ok() || !line.is_empty() => line,
                Err(RecvTimeoutError::Timeout) => {
                    let said =
                        "it gave no answer in time and was stopped when it was asked".to_owned();
                    found.remarks.push((Trouble::Hangs, said));
                    found.lost = true;
                    return found;
                }
                _ => {
                    let status = self
                        .child
                        .wait()
                        .map_or(String::new(), |s| format!(" ({s})"));
                    let said = format!("it ended{status} before it answered when it was asked");
                    found.remarks.push((Trouble::Ended, said));
                    found.lost = true;
                    return found;
                }
            };
            let text = String::from_utf8_lossy(&line);
            if text.trim().is_empty() {
                continue;
            }
            let Ok(Json::Object(answer)) = serde_json::from_str::<Json>(&python(text.trim()))
            else {
                let said = shortened(text.trim(), 40);
                found.remarks.push((
                    Trouble::Rubbish,
                    format!("it wrote `{said}`, which is no object in JSON, when it was asked"),
                ));
                continue;
            };
            match answer.get("id").and_then(Json::as_u64) {
                Some(given) if given == id => {
                    found.answer = Some(answer);
                    return found;
                }
                given => {
                    let said = match given {
                        Some(n) => {
                            format!("it answered question {n} when question {id} was asked,")
                        }
                        None => format!("its answer has no `id` when question {id} was asked,"),
                    };
                    found.remarks.push((Trouble::Order, said));
                }
            }
        }
        found.remarks.push((
            Trouble::Rubbish,
            format!("{LINES} lines of it held no answer, and it was stopped when it was asked"),
        ));
        found.lost = true;
        found
    }
}

impl State {
    fn trouble(&mut self, kind: Trouble, sentence: String) {
        match self.troubles.iter_mut().find(|(k, ..)| *k == kind) {
            Some((_, _, count)) => *count += 1,
            None => self.troubles.push((kind, sentence, 1)),
        }
    }
}

/// NaN and Infinity as Python writes them, as texts.
fn python(line: &str) -> String {
    if !line.contains("NaN") && !line.contains("Infinity") {
        return line.to_owned();
    }
    line.replace("-Infinity", "\"-inf\"")
        .replace("Infinity", "\"inf\"")
        .replace("NaN", "\"nan\"")
}

/// A number, or a text that is one.
fn number(value: &Json) -> Option<f64> {
    match value {
        Json::Number(n) => n.as_f64(),
        Json::String(s) => s.trim().parse().ok(),
        _ => None,
    }
}

/// `for nngp and ntk of relu at rho = 0.5, L = 2`
fn about(question: &Map<String, Json>) -> String {
    let text = |key: &str| match question.get(key) {
        Some(Json::String(s)) => s.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let wanted: Vec<&str> = (question
        .get("want")
        .and_then(Json::as_array)
        .into_iter()
        .flatten())
    .filter_map(Json::as_str)
    .collect();
    let depth = question
        .get("depth")
        .map_or(String::new(), |d| format!(", L = {d}"));
    format!(
        "for {} of {} at rho = {}{depth}",
        wanted.join(" and "),
        shortened(&text("activation"), 40),
        text("rho")
    )
}

fn asked(phi: &Activation, rho: f64, want: &[&str]) -> Map<String, Json> {
    let question = json!({
        "want": want,
        "activation": phi.typed.to_string(),
        "formula": phi.expr.to_string(),
        "rho": rho,
    });
    match question {
        Json::Object(map) => map,
        _ => Map::new(),
    }
}

impl Candidate for Program {
    fn name(&self) -> String {
        self.command.clone()
    }

    fn precision(&self) -> Fineness {
        self.precision
    }

    fn dual(&self, phi: &Activation, rho: f64) -> Option<Numeral> {
        let [dual, _] = self.numbers(asked(phi, rho, &["dual"]), ["dual", ""]);
        dual
    }

    fn slope(&self, phi: &Activation, rho: f64) -> Option<Numeral> {
        let [slope, _] = self.numbers(asked(phi, rho, &["slope"]), ["slope", ""]);
        slope
    }

    fn covariance(&self, phi: &Activation, (q, p): (f64, f64), rho: f64) -> Option<Numeral> {
        let mut question = asked(phi, rho, &["covariance"]);
        question.insert("variances".to_owned(), json!([q, p]));
        let [covariance, _] = self.numbers(question, ["covariance", ""]);
        covariance
    }

    fn kernels(&self, x: &Question) -> Pair<Option<Numeral>> {
        let mut question = asked(x.activation, x.rho, &["nngp", "ntk"]);
        question.insert("depth".to_owned(), x.depth.into());
        question.insert("convention".to_owned(), x.convention.name().into());
        question.insert("sigma_w".to_owned(), json!(x.sigma_w));
        question.insert("sigma_b".to_owned(), json!(x.sigma_b));
        question.insert("norms".to_owned(), json!([x.norms.0, x.norms.1]));
        let [nngp, ntk] = self.numbers(question, ["nngp", "ntk"]);
        Pair { nngp, ntk }
    }
}
