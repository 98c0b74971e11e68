//! Several questions at once: on all cores, in order, each with its deadline, until Ctrl-C.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use deeplimit::error::{Error, Result};

use crate::fault::shortened;
use crate::progress::Progress;

/// How much later than its deadline an answer may come before it is given up: the library looks at
/// the clock between steps, and a step of a thousand digits takes a while.
const GRACE: Duration = Duration::from_secs(1);
/// How often the clock and Ctrl-C are looked at.
const TICK: Duration = Duration::from_millis(50);
/// The stack of a worker. Address space only: pages that are never touched cost nothing.
const STACK: usize = 64 << 20;

/// The answers, in the order of the questions.
#[derive(Debug)]
pub struct Batch<T> {
    /// `None` for a question that was not finished when Ctrl-C came.
    pub answers: Vec<Option<Result<T>>>,
    /// Ctrl-C came.
    pub interrupted: bool,
}

impl<T> Batch<T> {
    /// After Ctrl-C, how many `things` are finished and which are missing.
    pub fn missing(&self, labels: &[String], things: &str) -> Option<String> {
        let missing: Vec<String> = labels
            .iter()
            .zip(&self.answers)
            .filter(|(_, answer)| answer.is_none())
            .map(|(label, _)| shortened(label, 40))
            .collect();
        self.interrupted
            .then(|| unfinished(labels.len() - missing.len(), labels.len(), things, &missing))
    }
}

/// `interrupted: 2 of 9 activations are finished; missing: relu, gelu, tanh, erf and 3 more`.
pub fn unfinished(done: usize, all: usize, things: &str, missing: &[String]) -> String {
    /// More names than this are a number.
    const NAMED: usize = 8;
    let named = missing.len().min(NAMED);
    let mut text = format!("interrupted: {done} of {all} {things} are finished");
    if named > 0 {
        text += &format!("; missing: {}", missing[..named].join(", "));
    }
    if missing.len() > named {
        text += &format!(" and {} more", missing.len() - named);
    }
    text
}

/// Ctrl-C, as the batch sees it.
#[derive(Debug, Default)]
pub struct Interrupt {
    listening: AtomicBool,
    pressed: AtomicBool,
    /// What is finished, for stdout, and what is missing, for stderr, while nobody listens.
    unfinished: Mutex<Option<(String, String)>>,
}

impl Interrupt {
    /// Nothing was pressed.
    pub const fn new() -> Self {
        Self {
            listening: AtomicBool::new(false),
            pressed: AtomicBool::new(false),
            unfinished: Mutex::new(None),
        }
    }

    /// From now on, what Ctrl-C should say where nobody listens: what is finished, and what is missing.
    pub fn would_say(&self, finished: String, missing: String) {
        if let Ok(mut unfinished) = self.unfinished.lock() {
            *unfinished = Some((finished, missing));
        }
    }

    /// What is finished, and what is missing.
    pub fn unfinished(&self) -> (String, String) {
        let said = self.unfinished.lock().ok().and_then(|u| u.clone());
        said.unwrap_or_else(|| (String::new(), "interrupted: nothing is finished".to_owned()))
    }

    /// Somebody looks at [`Interrupt::pressed`] now and then (or no longer does).
    pub fn listen(&self, on: bool) {
        self.listening.store(on, Ordering::SeqCst);
    }

    /// Was it pressed?
    pub fn pressed(&self) -> bool {
        self.pressed.load(Ordering::SeqCst)
    }

    /// Ctrl-C. False if nobody is listening (or it was pressed before): then it should end the
    /// program as usual.
    pub fn press(&self) -> bool {
        !self.pressed.swap(true, Ordering::SeqCst) && self.listening.load(Ordering::SeqCst)
    }
}

enum Event<T> {
    Started(usize),
    Finished(usize, Result<T>),
}

/// Answers the questions `0..labels.len()` on all cores; each gets `limit` from the moment when it is
/// begun. `answer(n)` should stop then by itself; one that does not is left
/// behind [`GRACE`] later, and its thread is replaced, so that nothing can hang.
pub fn answers<T: Send + 'static>(
    labels: &[String],
    limit: Duration,
    interrupt: &Interrupt,
    answer: impl Fn(usize) -> Result<T> + Send + Sync + 'static,
) -> Batch<T> {
    let count = labels.len();
    let pool = Pool {
        answer: Arc::new(answer),
        next: Arc::default(),
        count,
    };
    let (sender, receiver) = channel();
    let cores = thread::available_parallelism().map_or(1, |n| n.get());
    let workers = (0..cores.min(count))
        .filter(|_| pool.spawn(&sender))
        .count();
    interrupt.listen(true);
    let batch = collected(labels, limit, interrupt, &receiver, workers, || {
        pool.spawn(&sender)
    });
    interrupt.listen(false);
    batch
}

struct Pool<F> {
    answer: Arc<F>,
    next: Arc<AtomicUsize>,
    count: usize,
}

impl<F> Pool<F> {
    /// One more worker; false if the system has no thread to give.
    fn spawn<T: Send + 'static>(&self, sender: &Sender<Event<T>>) -> bool
    where
        F: Fn(usize) -> Result<T> + Send + Sync + 'static,
    {
        let (answer, next) = (Arc::clone(&self.answer), Arc::clone(&self.next));
        let (count, sender) = (self.count, sender.clone());
        let work = move || {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                // The receiver is gone after Ctrl-C.
                if n >= count || sender.send(Event::Started(n)).is_err() {
                    return;
                }
                let result = caught(|| answer(n));
                if sender.send(Event::Finished(n, result)).is_err() {
                    return;
                }
            }
        };
        thread::Builder::new()
            .name("worker".to_owned())
            .stack_size(STACK)
            .spawn(work)
            .is_ok()
    }
}

/// A panic is a bug of ours; it must not take the other answers with it.
fn caught<T>(answer: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(answer)).unwrap_or_else(|payload| {
        let what = payload
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| payload.downcast_ref::<&str>().copied())
            .unwrap_or("no message");
        Err(Error::Unresolved(format!(
            "this is a bug in deeplimit, please report it: {what}"
        )))
    })
}

fn collected<T>(
    labels: &[String],
    limit: Duration,
    interrupt: &Interrupt,
    receiver: &Receiver<Event<T>>,
    mut workers: usize,
    one_more_worker: impl Fn() -> bool,
) -> Batch<T> {
    let count = labels.len();
    let mut answers: Vec<Option<Result<T>>> = (0..count).map(|_| None).collect();
    let mut started: Vec<Option<Instant>> = vec![None; count];
    let mut progress = Progress::new(count);
    loop {
        let interrupted = interrupt.pressed();
        let mut wait = if interrupted { Duration::ZERO } else { TICK };
        while let Ok(event) = receiver.recv_timeout(wait) {
            match event {
                Event::Started(n) => started[n] = Some(Instant::now()),
                // Too late if it has been given up.
                Event::Finished(n, answer) if answers[n].is_none() => answers[n] = Some(answer),
                Event::Finished(..) => {}
            }
            wait = Duration::ZERO;
        }
        let unanswered = answers.iter().filter(|a| a.is_none()).count();
        if unanswered == 0 || interrupted {
            return Batch {
                answers,
                interrupted: interrupted && unanswered > 0,
            };
        }
        if workers == 0 {
            for answer in answers.iter_mut().filter(|a| a.is_none()) {
                let message = "the system has no thread to compute in".to_owned();
                *answer = Some(Err(Error::Unresolved(message)));
            }
            continue;
        }
        let mut busy = None;
        for (n, since) in started
            .iter()
            .enumerate()
            .filter_map(|(n, s)| Some((n, (*s)?)))
        {
            if answers[n].is_some() {
                continue;
            }
            if since.elapsed() > limit.saturating_add(GRACE) {
                let (stage, span) = (None, limit);
                answers[n] = Some(Err(Error::Timeout { stage, span }));
                if !one_more_worker() {
                    workers -= 1;
                }
            } else {
                busy = busy.or(Some(labels[n].as_str()));
            }
        }
        progress.show(count - unanswered, busy);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn labels(count: usize) -> Vec<String> {
        (0..count).map(|n| n.to_string()).collect()
    }

    fn values<T: Clone>(batch: &Batch<T>) -> Vec<Option<T>> {
        let value = |a: &Option<Result<T>>| a.as_ref().and_then(|r| r.as_ref().ok().cloned());
        batch.answers.iter().map(value).collect()
    }

    #[test]
    fn answers_come_in_the_order_of_the_questions() {
        let never = Interrupt::new();
        // The first questions take longest.
        let batch = answers(&labels(20), LONG, &never, |n| {
            thread::sleep(Duration::from_millis(20 - n as u64));
            Ok(n)
        });
        assert_eq!(values(&batch), (0..20).map(Some).collect::<Vec<_>>());
        assert!(!batch.interrupted);
    }

    #[test]
    fn questions_share_the_cores() {
        let cores = thread::available_parallelism().map_or(1, |n| n.get());
        // Nobody passes before all cores are at work; a worker too many would be seen.
        let gate = Barrier::new(cores);
        let at_work = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let seen = Arc::clone(&at_work);
        let batch = answers(&labels(4 * cores), LONG, &Interrupt::new(), move |_| {
            let now = seen.0.fetch_add(1, Ordering::SeqCst) + 1;
            seen.1.fetch_max(now, Ordering::SeqCst);
            gate.wait();
            seen.0.fetch_sub(1, Ordering::SeqCst);
            Ok(())
        });
        assert_eq!(values(&batch), vec![Some(()); 4 * cores]);
        assert_eq!(at_work.1.load(Ordering::SeqCst), cores);
    }

    #[test]
    fn a_question_that_ignores_its_deadline_is_given_up_and_the_others_are_answered() {
        let never = Interrupt::new();
        let begun = Instant::now();
        // More that hang than there are cores: their threads must be replaced.
        let hanging = thread::available_parallelism().map_or(1, |n| n.get()) + 1;
        let limit = Duration::from_millis(100);
        let batch = answers(&labels(3 * hanging), limit, &never, move |n| {
            if n < hanging {
                thread::sleep(LONG);
            }
            Ok(n)
        });
        assert!(begun.elapsed() < LONG);
        for (n, answer) in batch.answers.iter().enumerate() {
            match answer {
                Some(Err(late @ Error::Timeout { stage: None, .. })) if n < hanging => {
                    let shown = crate::fault::sentence(late);
                    assert_eq!(shown, "no answer within 0.1 seconds (--timeout)");
                }
                Some(Ok(m)) if n >= hanging => assert_eq!(*m, n),
                other => panic!("{n}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_panic_is_one_error_among_answers() {
        let never = Interrupt::new();
        let batch = answers(&labels(3), LONG, &never, |n| match n {
            1 => panic!("on purpose"),
            _ => Ok(n),
        });
        assert_eq!(values(&batch), [Some(0), None, Some(2)]);
        let error = batch.answers[1].as_ref().unwrap().as_ref().unwrap_err();
        assert!(
            error.to_string().ends_with("report it: on purpose"),
            "{error}"
        );
    }

    #[test]
    fn without_threads_there_is_an_answer_too() {
        let (_sender, receiver) = channel::<Event<()>>();
        let batch = collected(&labels(2), LONG, &Interrupt::new(), &receiver, 0, || false);
        assert!(
            batch
                .answers
                .iter()
                .all(|a| matches!(a, Some(Err(Error::Unresolved(_)))))
        );
    }

    #[test]
    fn ctrl_c_keeps_what_is_finished() {
        let interrupt = Arc::new(Interrupt::new());
        let hand = Arc::clone(&interrupt);
        let batch = answers(&labels(2), LONG, &interrupt, move |n| {
            if n == 1 {
                // Question 0 has been answered by now.
                thread::sleep(Duration::from_millis(200));
                assert!(hand.press());
                thread::sleep(LONG);
            }
            Ok(n)
        });
        assert!(batch.interrupted);
        assert_eq!(values(&batch), [Some(0), None]);
        assert_eq!(
            batch.missing(&labels(2), "questions").as_deref(),
            Some("interrupted: 1 of 2 questions are finished; missing: 1")
        );
        let many: Vec<String> = labels(12);
        assert!(
            unfinished(0, 12, "x", &many).ends_with("missing: 0, 1, 2, 3, 4, 5, 6, 7 and 4 more")
        );
        assert!(!interrupt.press(), "a second one is not for the batch");
    }
}
