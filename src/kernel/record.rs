//! Compiled kernels as bytes, and kept on disk: what took seconds to prepare is read in milliseconds.
//!
//! The key is everything that a kernel depends on: the activation as it was typed and as it is expanded, depth, kind, convention,
//! weights, biases, norm, the version of this crate and of the format. A kernel that is read is the one that was written, to the last
//! bit; nearer to `+-1` than its tables reach it is prepared once more, when somebody asks.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rug::Rational;

use super::charts::{Charts, Mirror, Place};
use super::{Accuracy, Beyond, Conditions, Depth, Form, Kernel, Kind, LimitForm};
use crate::effort::Effort;
use crate::error::Result;
use crate::limit::{Phase, Regime};
use crate::recursion::{Network, Pair};
use crate::store::Records;

/// The layout of the bytes, and the numbers in them: a change of either makes it another.
const FORMAT: u32 = 1;
/// What is prepared faster is not kept.
const WORTH: Duration = Duration::from_millis(200);

impl Network {
    /// [`Network::kernel`], kept on disk and read from there.
    ///
    /// # Errors
    /// As [`Network::kernel`]. That a record cannot be written is none: the kernel is there.
    pub fn kept_kernel(
        &self,
        depth: Depth,
        kind: Kind,
        effort: &Effort,
        records: &Records,
    ) -> Result<Kernel> {
        if let Some(known) = self.recorded(depth, kind, records) {
            return Ok(known);
        }
        let begun = Instant::now();
        let kernel = self.kernel(depth, kind, effort)?;
        self.record(&kernel, begun, records);
        Ok(kernel)
    }

    /// [`Network::kernels`], kept on disk and read from there.
    ///
    /// # Errors
    /// As [`Network::kernels`].
    ///
    /// ```
    /// use deeplimit::{Activation, Depth, Effort, Network};
    /// use deeplimit::store::Records;
    /// # let dir = std::env::temp_dir().join(format!("deeplimit-kernels-doc-{}", std::process::id()));
    /// let records = Records::within(&dir);
    /// let elu: Activation = "elu".parse()?;
    /// let network = Network::of(&elu);
    /// let first = network.kept_kernels(Depth::Layers(2), &Effort::default(), &records)?;
    /// let again = network.kept_kernels(Depth::Layers(2), &Effort::default(), &records)?;
    /// assert_eq!(first.ntk.at(0.3), again.ntk.at(0.3));
    /// # std::fs::remove_dir_all(&dir).ok();
    /// # Ok::<(), deeplimit::Error>(())
    /// ```
    pub fn kept_kernels(
        &self,
        depth: Depth,
        effort: &Effort,
        records: &Records,
    ) -> Result<Pair<Kernel>> {
        let known = |kind| self.recorded(depth, kind, records);
        if let (Some(nngp), Some(ntk)) = (known(Kind::Nngp), known(Kind::Ntk)) {
            return Ok(Pair { nngp, ntk });
        }
        let begun = Instant::now();
        let kernels = self.kernels(depth, effort)?;
        for kernel in [&kernels.nngp, &kernels.ntk] {
            self.record(kernel, begun, records);
        }
        Ok(kernels)
    }

    fn record(&self, kernel: &Kernel, begun: Instant, records: &Records) {
        if begun.elapsed() >= WORTH {
            // a folder that cannot be written costs time and nothing else
            let _ = records.keep(&self.key(kernel.depth, kernel.kind), &kernel.to_bytes());
        }
    }

    fn recorded(&self, depth: Depth, kind: Kind, records: &Records) -> Option<Kernel> {
        let bytes = records.read(&self.key(depth, kind))?;
        let mut kernel = Kernel::from_bytes(&bytes, depth, kind)?;
        kernel.origin = Some(Arc::new(self.clone()));
        // far beyond the tables an orbit is followed: the layers are prepared when one is
        let network = self.clone();
        let prepared: OnceLock<Option<Beyond>> = OnceLock::new();
        let limited = matches!(kernel.limit, Some(form) if form.is_constant());
        if !limited {
            kernel.beyond = Some(Beyond(Arc::new(move |place: Place| {
                let made = || {
                    let kernel = network.kernel(depth, kind, &Effort::default()).ok()?;
                    kernel.beyond
                };
                let Beyond(value) = prepared.get_or_init(made).as_ref()?;
                value(place)
            })));
        }
        Some(kernel)
    }

    /// Everything that a compiled kernel depends on.
    pub(super) fn key(&self, depth: Depth, kind: Kind) -> String {
        let (version, activation) = (env!("CARGO_PKG_VERSION"), self.activation());
        let s = self.settings();
        format!(
            "deeplimit {version}, kernels {FORMAT}\n{}\n{}\n{kind} {depth}\n{} {:?} {:?} {:?}",
            activation.typed, activation.expr, s.convention, s.sigma_w, s.sigma_b, s.norms
        )
    }
}

/// Numbers and words one after the other.
#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn whole(&mut self, x: u64) {
        self.0.extend(x.to_le_bytes());
    }

    fn number(&mut self, x: f64) {
        self.whole(x.to_bits());
    }

    fn word(&mut self, text: &str) {
        self.whole(text.len() as u64);
        self.0.extend(text.as_bytes());
    }
}

/// The same back; `None` where they end too early.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn whole(&mut self) -> Option<u64> {
        let (word, rest) = self.0.split_at_checked(8)?;
        self.0 = rest;
        Some(u64::from_le_bytes(word.try_into().ok()?))
    }

    fn size(&mut self) -> Option<usize> {
        usize::try_from(self.whole()?).ok()
    }

    fn number(&mut self) -> Option<f64> {
        Some(f64::from_bits(self.whole()?))
    }

    fn word(&mut self) -> Option<String> {
        let size = self.size()?;
        let (text, rest) = self.0.split_at_checked(size)?;
        self.0 = rest;
        String::from_utf8(text.to_vec()).ok()
    }

    fn numbers<const N: usize>(&mut self) -> Option<[f64; N]> {
        let mut out = [0.0; N];
        for x in &mut out {
            *x = self.number()?;
        }
        Some(out)
    }

    /// A word of these, or none.
    fn one_of<T: Copy>(
        &mut self,
        all: &[T],
        name: impl Fn(T) -> &'static str,
    ) -> Option<Option<T>> {
        let word = self.word()?;
        match word.is_empty() {
            true => Some(None),
            false => Some(Some(*all.iter().find(|x| name(**x) == word)?)),
        }
    }
}

impl Kernel {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.word(&self.activation);
        out.word(&self.network);
        out.word(self.regime.map_or("", Regime::name));
        out.word(self.phase.map_or("", Phase::name));
        out.word(self.limit.map_or("", LimitForm::name));
        out.word(
            &self
                .degree
                .as_ref()
                .map_or(String::new(), Rational::to_string),
        );
        out.whole(match self.mirror {
            Mirror::None => 0,
            Mirror::Even => 1,
            Mirror::Odd => 2,
        });
        out.whole(self.form.power);
        out.whole(u64::from(self.form.near));
        out.whole(u64::from(self.form.rest));
        let (a, c) = (&self.accuracy, &self.accuracy.conditions);
        out.whole(a.places as u64);
        out.whole(a.estimated as u64);
        let numbers = [self.log_scale, self.diagonal, self.opposite];
        let errors = [a.measured, a.relative, c.gap, c.opposite, c.product];
        numbers
            .into_iter()
            .chain(errors)
            .for_each(|x| out.number(x));
        let (sizes, numbers) = self.charts.to_parts();
        sizes.into_iter().for_each(|n| out.whole(n));
        out.whole(numbers.len() as u64);
        numbers.into_iter().for_each(|x| out.number(x));
        out.0
    }

    pub(super) fn from_bytes(bytes: &[u8], depth: Depth, kind: Kind) -> Option<Kernel> {
        let mut from = Reader(bytes);
        let (activation, network) = (from.word()?, from.word()?);
        let regime = from.one_of(&Regime::ALL, Regime::name)?;
        let phase = from.one_of(&Phase::ALL, Phase::name)?;
        let limit = from.one_of(&LimitForm::ALL, LimitForm::name)?;
        let degree = match from.word()?.as_str() {
            "" => None,
            text => Some(text.parse::<Rational>().ok()?),
        };
        let mirror = match from.whole()? {
            0 => Mirror::None,
            1 => Mirror::Even,
            2 => Mirror::Odd,
            _ => return None,
        };
        let form = Form {
            power: from.whole()?,
            near: from.whole()? != 0,
            rest: from.whole()? != 0,
        };
        let (places, estimated) = (from.size()?, from.size()?);
        let [log_scale, diagonal, opposite] = from.numbers()?;
        let [measured, relative, gap, far, product] = from.numbers()?;
        let sizes = [from.whole()?, from.whole()?, from.whole()?, from.whole()?];
        let count = from.size().filter(|n| *n <= from.0.len() / 8)?;
        let numbers: Vec<f64> = (0..count).map(|_| from.number()).collect::<Option<_>>()?;
        let charts = Charts::from_parts(sizes, &numbers)?;
        from.0.is_empty().then(|| Kernel {
            lines: form.lines(&charts),
            activation,
            depth,
            kind,
            regime,
            phase,
            network,
            limit,
            charts,
            beyond: None,
            origin: None,
            form,
            mirror,
            log_scale,
            diagonal,
            opposite,
            degree,
            accuracy: Accuracy {
                measured,
                places,
                estimated,
                relative,
                conditions: Conditions {
                    gap,
                    opposite: far,
                    product,
                },
            },
        })
    }
}
