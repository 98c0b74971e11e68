//! Rust: all functions in one file, compiled and run once.

use super::*;

#[test]
fn values_and_derivatives_are_the_librarys() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let folder = folder("rust");
    let xs = inputs();
    write_inputs(&xs, &folder);
    let cases = written();
    // in place of the crate: C's functions
    let mut text = "#![deny(warnings)]
mod libm {
    mod c {
        unsafe extern \"C\" {
            pub safe fn erf(x: f64) -> f64;
            pub safe fn erfc(x: f64) -> f64;
        }
    }
    pub fn erf(x: f64) -> f64 { c::erf(x) }
    pub fn erfc(x: f64) -> f64 { c::erfc(x) }
}
"
    .to_owned();
    let mut rows = String::new();
    for (n, case) in cases.iter().enumerate() {
        let one = code(&case.expr, Language::Rust, &Options::default());
        let one = one.unwrap_or_else(|e| panic!("{}: {e}", case.expr));
        let with = if one.contains("libm::") {
            "use super::libm;"
        } else {
            ""
        };
        text += &format!("mod m{n} {{ {with}\n{one}}}\n");
        rows += &format!("(m{n}::phi, m{n}::dphi),");
    }
    text += &format!(
        "fn main() {{
    let folder = std::env::args().nth(1).unwrap();
    let x: Vec<f64> = std::fs::read(format!(\"{{folder}}/x\")).unwrap().chunks(8)
        .map(|c| f64::from_le_bytes(c.try_into().unwrap())).collect();
    let all: &[(fn(f64) -> f64, fn(f64) -> f64)] = &[{rows}];
    let mut out = Vec::new();
    for (phi, dphi) in all {{
        for f in [phi, dphi] {{ out.extend(x.iter().flat_map(|x| f(*x).to_le_bytes())); }}
    }}
    std::fs::write(format!(\"{{folder}}/y\"), out).unwrap();
}}
"
    );
    let source = folder.join("all.rs");
    std::fs::write(&source, text).unwrap();
    let program = folder.join("all");
    run(Command::new(rustc)
        .args(["--edition", "2024", "-o"])
        .arg(&program)
        .arg(&source));
    run(Command::new(&program).arg(&folder));
    let found = doubles(&folder.join("y"));
    compare(&cases, &xs, &found, 2, Accuracy::Strict);
    std::fs::remove_dir_all(folder).unwrap();
}
