//! Python with numpy.

use super::*;

const RUNNER: &str = "
import sys, warnings, numpy as np
warnings.simplefilter('error')
x = np.fromfile(sys.argv[1] + '/x')
out = []
for n in range(int(sys.argv[2])):
    space = {}
    exec(open(f'{sys.argv[1]}/m{n}.py').read(), space)
    assert isinstance(space['phi'](0.5), float) and space['phi'](np.ones((2, 3))).shape == (2, 3)
    out += [space['phi'](x), space['dphi'](x)]
np.concatenate(out).tofile(sys.argv[1] + '/y')
";

#[test]
fn values_and_derivatives_are_the_librarys() {
    let Some(python) = interpreter("numpy") else {
        return;
    };
    let folder = folder("python");
    let xs = inputs();
    let mut cases = written();
    cases.extend(random(40));
    write_inputs(&xs, &folder);
    write(&cases, Language::Python, &folder);
    let count = cases.len().to_string();
    run(Command::new(python)
        .arg("-c")
        .arg(RUNNER)
        .arg(&folder)
        .arg(count));
    let found = doubles(&folder.join("y"));
    compare(&cases, &xs, &found, 2, Accuracy::Strict);
    std::fs::remove_dir_all(folder).unwrap();
}
