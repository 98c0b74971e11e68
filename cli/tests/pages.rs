//! `deeplimit report` and `deeplimit papers report`: whole sessions, and the pages in a browser where there is one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value as Json;

use crate::support::{assert_bad, deeplimit};

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("pages")
        .join(name);
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// All that a page says is in its data, and the page holds no address but those of its own parts and of standards.
#[test]
fn a_page_is_its_data() {
    let path = folder("one").join("erf.html");
    let path = path.to_str().unwrap();
    let session = deeplimit(&["report", "erf", "-o", path, "--json"]);
    assert_eq!(session.code, Some(0), "{}", session.stderr);
    let page: Json = serde_json::from_str(&session.stdout).unwrap();
    let erf = &page["activations"][0];
    assert_eq!(
        (erf["standing"].as_str(), erf["regime"].as_str()),
        (Some("proved"), Some("singular"))
    );
    let constants = erf["constants"].as_array().unwrap();
    let alpha = constants.iter().find(|c| c["name"] == "alpha").unwrap();
    // 4 log(A'^-1)/log B' of erf, A'^2 = (4/(3 pi))/(2/pi asin(2/3)), B' = (4/(pi sqrt 5))/(2/pi asin(2/3))
    let square = 2.0 / std::f64::consts::PI * (2.0f64 / 3.0).asin();
    let first = 4.0 / (3.0 * std::f64::consts::PI) / square;
    let slope = 4.0 / (std::f64::consts::PI * 5f64.sqrt()) / square;
    let wanted = -2.0 * first.ln() / slope.ln();
    assert!((alpha["double"].as_f64().unwrap() - wanted).abs() < 1e-12);
    let html = fs::read_to_string(path).unwrap();
    assert!(html.contains(alpha["shown"].as_str().unwrap()));
    for figure in erf["figures"].as_array().unwrap() {
        let svg = figure["svg"].as_str().unwrap();
        assert!(html.contains(svg) && svg.contains("<title>") && !svg.contains("NaN"));
    }
    assert_eq!(erf["figures"].as_array().unwrap().len(), 7);
    for part in html.split("http").skip(1) {
        assert!(part.starts_with("://www.w3.org/"), "{}", &part[..40]);
    }
    assert!(html.len() < 2_000_000);
}

/// What is undecided is said, the exit code says it too, and what is known is there.
#[test]
fn an_undecided_activation_has_a_page() {
    let path = folder("undecided").join("page.html");
    let path = path.to_str().unwrap();
    // nearly, but not provably, without a mean
    let text = "sin(1/x)";
    let session = deeplimit(&["report", text, "-o", path]);
    assert_eq!(session.code, Some(1), "{}", session.stderr);
    let html = fs::read_to_string(path).unwrap();
    assert!(html.contains("It was not decided") && html.contains("Missing"));
    assert!(
        html.contains("data-figure=\"activation\""),
        "what is known is shown"
    );
}

#[test]
fn several_are_compared() {
    let session = deeplimit(&["report", "relu", "x^2-1", "--json"]);
    assert_eq!(session.code, Some(0), "{}", session.stderr);
    let page: Json = serde_json::from_str(&session.stdout).unwrap();
    let drawn = page["comparison"].as_array().unwrap();
    let dual = drawn.iter().find(|f| f["figure"] == "dual").unwrap();
    let svg = dual["svg"].as_str().unwrap();
    assert!(svg.contains(">relu</text>") && svg.contains("dy="), "{svg}");
    let html = deeplimit(&["report", "relu", "x^2-1"]).stdout;
    assert!(html.contains("class=\"sorts\"") && html.ends_with("</html>\n"));
}

#[test]
fn bad_pages_are_refused() {
    let folder = folder("bad");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let page = path("page.html");
    let line = ["report", "nosuch(x)", "-o", &page];
    assert_eq!(deeplimit(&["report", "x", "-o", &page]).code, Some(0));
    let session = deeplimit(&["report", "x", "-o", &page]);
    assert_bad("there already", &session);
    assert!(session.stderr.contains("already"), "{}", session.stderr);
    assert_bad("no such activation", &deeplimit(&line));
    assert_eq!(
        deeplimit(&["report", "x", "-o", &page, "--force"]).code,
        Some(0)
    );
    let nowhere = path("none/page.html");
    assert_bad("no folder", &deeplimit(&["report", "x", "-o", &nowhere]));
    let session = deeplimit(&["report", "relu", "log(x)", "-o", &path("two.html")]);
    assert_bad("undefined", &session);
    assert!(!folder.join("two.html").exists(), "half a page is none");
    let template = path("mine.html");
    fs::write(&template, "{{ title }}\n{% for a in activations %}\n").unwrap();
    let session = deeplimit(&["report", "x", "--template", &template]);
    assert_bad("a broken template", &session);
    assert!(
        session.stderr.contains("mine.html, line"),
        "{}",
        session.stderr
    );
    fs::write(
        &template,
        "<h1>{{ title }}</h1>{{ activations[0].verdict }}",
    )
    .unwrap();
    let session = deeplimit(&["report", "x < 0 ? x : x", "--template", &template]);
    assert!(
        session.stdout.starts_with("<h1>x &lt; 0"),
        "{}",
        session.stdout
    );
    assert_bad(
        "no template",
        &deeplimit(&["report", "x", "--template", &path("none")]),
    );
    assert_bad("no paper", &deeplimit(&["papers", "report", "nobody1900"]));
    let taken = ["papers", "report", "lee2019", "-o", &page];
    assert_bad("taken", &deeplimit(&taken));
}

/// One section for each theorem, each claim with its verdict.
#[test]
fn a_papers_claims_are_a_page() {
    let session = deeplimit(&["papers", "report", "lee2019", "--json"]);
    assert_eq!(session.code, Some(0), "{}", session.stderr);
    let page: Json = serde_json::from_str(&session.stdout).unwrap();
    let listed: Json =
        serde_json::from_str(&deeplimit(&["papers", "list", "lee2019", "--json"]).stdout).unwrap();
    let sections = page["sections"].as_array().unwrap();
    let claims: usize = sections
        .iter()
        .map(|s| s["claims"].as_array().unwrap().len())
        .sum();
    assert_eq!(claims, listed.as_array().unwrap().len());
    let counted = ["agree", "differ", "open"].map(|k| page[k].as_u64().unwrap());
    assert_eq!(counted.iter().sum::<u64>(), claims as u64);
    for claim in sections
        .iter()
        .flat_map(|s| s["claims"].as_array().unwrap())
    {
        assert_eq!(
            claim["standing"].is_null(),
            claim["measured"].is_null(),
            "{claim}"
        );
    }
}

/// What is asked of a page inside of the browser; the answer is the element `measured`.
const MEASURE: &str = r#"<script>
const faults = [];
const say = (what, e) => faults.push(what + ": " + (e.textContent || "").trim().slice(0, 60));
const number = text => (text.match(/[\d.]+/g) || []).map(Number);
const light = ([r, g, b]) => { const l = [r, g, b].map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
  return .2126 * l[0] + .7152 * l[1] + .0722 * l[2]; };
const behind = e => { for (; e; e = e.parentElement) { const c = number(getComputedStyle(e).backgroundColor);
  if (c.length === 3 || c[3] > 0) return c.slice(0, 3); } return matchMedia("(prefers-color-scheme: dark)").matches ? [0, 0, 0] : [255, 255, 255]; };
for (const d of document.querySelectorAll("details")) d.open = true;
const root = document.documentElement;
if (root.scrollWidth > innerWidth) {
  faults.push("the page is wider than the window: " + root.scrollWidth + " > " + innerWidth);
}
let texts = 0;
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node; (node = walker.nextNode());) {
  const e = node.parentElement, style = getComputedStyle(e);
  if (!node.textContent.trim() || ["SCRIPT", "STYLE", "title", "desc"].includes(e.tagName)) continue;
  texts++;
  const inked = e.closest("svg") ? style.fill : style.color;
  const [a, b] = [light(number(inked)), light(behind(e))].sort((x, y) => y - x);
  if ((a + .05) / (b + .05) < 4.5) say("contrast " + ((a + .05) / (b + .05)).toFixed(2), e);
  const range = document.createRange();
  range.selectNodeContents(node);
  const box = range.getBoundingClientRect();
  if (!e.closest("pre, .scroll, .formula") && (box.right > innerWidth + 1 || box.left < -1)) say("leaves the window", e);
}
for (const svg of document.querySelectorAll("svg")) {
  const frame = svg.getBoundingClientRect();
  const all = [...svg.querySelectorAll("text")].map(e => [e, e.getBoundingClientRect()]);
  all.forEach(([e, box], n) => {
    if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1) say("leaves its figure", e);
    for (const [, other] of all.slice(n + 1)) {
      const wide = Math.min(box.right, other.right) - Math.max(box.left, other.left);
      const high = Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top);
      // the boxes of letters have room above and below
      if (wide > 1 && high > .35 * Math.min(box.height, other.height)) say("lies on another text", e);
    }
  });
}
const out = document.createElement("pre");
out.id = "measured";
out.textContent = JSON.stringify({ faults, texts, errors, width: innerWidth, dark: matchMedia("(prefers-color-scheme: dark)").matches,
  figures: document.querySelectorAll("svg").length, headings: [...document.querySelectorAll("h1, h2, h3")].map(h => h.textContent) });
document.body.append(out);
</script>"#;

/// A browser, if this machine has one.
fn browser() -> Option<&'static str> {
    ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| {
            Command::new(name)
                .arg("--version")
                .output()
                .is_ok_and(|o| o.status.success())
        })
}

fn measured(browser: &str, page: &Path, width: u32, dark: bool) -> Json {
    let output = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--dump-dom",
            "--hide-scrollbars",
        ])
        .arg(format!("--window-size={width},1000"))
        .arg(format!(
            "--blink-settings=preferredColorScheme={}",
            u8::from(!dark)
        ))
        .arg(format!(
            "--user-data-dir={}",
            page.with_extension("profile").display()
        ))
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    let answer = dom.split("<pre id=\"measured\">").nth(1);
    let answer = answer.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let answer = answer.split("</pre>").next().unwrap();
    let answer = answer
        .replace("&amp;", "&")
        .replace("&lt;", "<")
        .replace("&gt;", ">");
    serde_json::from_str(&answer).unwrap()
}

/// At the width of a telephone and of a desk, light and dark: no error, all sections, no text on another or beyond its place, contrast.
#[test]
fn pages_can_be_read() {
    let Some(browser) = browser() else {
        eprintln!("skipped: there is no chromium on this machine");
        return;
    };
    let folder = folder("browser");
    for (name, line, headings) in [
        (
            "one",
            vec!["report", "optimal(4)"],
            vec!["Constants", "Evidence", "Figures", "Use it"],
        ),
        (
            "several",
            vec!["report", "relu", "optimal(2)", "x^2-1"],
            vec!["relu", "optimal(2)", "x^2-1"],
        ),
        (
            "claims",
            vec!["papers", "report", "lee2019"],
            vec!["Tangent kernel"],
        ),
    ] {
        let html = deeplimit(&line).stdout;
        let watch = "<script>const errors = []; onerror = e => { errors.push(String(e)); }; console.error = e => errors.push(String(e));</script>";
        let html = html.replacen("<head>", &format!("<head>{watch}"), 1);
        let html = html.replacen("</body>", &format!("{MEASURE}</body>"), 1);
        let page = folder.join(format!("{name}.html"));
        fs::write(&page, html).unwrap();
        for (width, dark) in [(500, false), (500, true), (1280, false), (1280, true)] {
            let found = measured(browser, &page, width, dark);
            let place = format!("{name} at {width}, dark: {dark}: {found:#}");
            assert_eq!(found["dark"], dark, "{place}");
            assert!(
                found["width"].as_u64().unwrap() <= u64::from(width),
                "{place}"
            );
            assert!(found["errors"].as_array().unwrap().is_empty(), "{place}");
            assert!(found["faults"].as_array().unwrap().is_empty(), "{place}");
            assert!(found["texts"].as_u64().unwrap() > 20, "{place}");
            let there: Vec<&str> = found["headings"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(Json::as_str)
                .collect();
            assert!(headings.iter().all(|h| there.contains(h)), "{place}");
        }
    }
}
