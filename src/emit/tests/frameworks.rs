//! PyTorch and JAX, where they can be imported: values, derivatives, both precisions, and all that a module goes through.

use super::*;

const TORCH: &str = r#"
import array, importlib, pickle, re, sys, torch
folder, count, compiled = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
sys.path.insert(0, folder)
torch._dynamo.config.cache_size_limit = 4096
numbers = array.array('d'); numbers.frombytes(open(folder + '/x', 'rb').read())
grid = torch.tensor(numbers, dtype=torch.float64)
small = grid[:SMALL].float()
out = {64: [], 32: []}

def derivatives(phi, x, orders):
    x = x.clone().requires_grad_()
    values = [phi(x)]
    for _ in range(orders):
        last = values[-1].sum()
        slope = torch.autograd.grad(last, x, create_graph=True)[0] if last.requires_grad else torch.zeros_like(x)
        values.append(slope)
    return [v.detach() for v in values]

for n in range(count):
    module = importlib.import_module(f'm{n}')
    phi = pickle.loads(pickle.dumps(module.Phi()))
    values = derivatives(phi, grid, 2)
    out[64] += values
    single = derivatives(phi, small, 1)
    assert all(v.dtype == torch.float32 for v in single)
    out[32] += single
    mapped = torch.func.vmap(torch.func.grad(phi))(grid)
    torch.testing.assert_close(mapped, values[1], rtol=1e-13, atol=1e-13, equal_nan=True)
    assert phi(torch.tensor([0.5, 2.0])).shape == (2,)
    for kind, name in [(torch.float16, 'float16'), (torch.bfloat16, 'bfloat16')]:
        said = [l for l in module.__doc__.splitlines() if l.startswith(f'In {name} ')]
        assert len(said) == 1
        low, high = [float(v) for v in re.findall(r'for (\S+) <= x <= (\S+)\.$', said[0])[0]] if '<=' in said[0] \
            else [-torch.finfo(kind).max, torch.finfo(kind).max]
        if 'not finite' in said[0]:
            continue
        size = torch.logspace(-7, 39, 300, dtype=torch.float64)
        x = torch.cat([-size, torch.zeros(1, dtype=torch.float64), size, torch.tensor([low, high])])
        x = x[(x >= 0.99 * low) & (x <= 0.99 * high)].to(kind)
        y = phi(x)
        assert y.dtype == kind and y.isfinite().all(), (module.__doc__, name, x[~y.isfinite()])
    if n % compiled == 0:
        fast = torch.compile(phi, fullgraph=True, backend='aot_eager')
        torch.testing.assert_close(derivatives(fast, grid, 1), values[:2], rtol=1e-13, atol=1e-13, equal_nan=True)
for bits in out:
    array.array('d', torch.cat([v.double() for v in out[bits]]).tolist()).tofile(open(f'{folder}/y{bits}', 'wb'))
"#;

const JAX: &str = r#"
import importlib, sys, jax, numpy as np
jax.config.update('jax_enable_x64', True)
folder, count = sys.argv[1], int(sys.argv[2])
sys.path.insert(0, folder)
grid = np.fromfile(folder + '/x')
small = grid[:SMALL].astype(np.float32)
out = {64: [], 32: []}
for n in range(count):
    phi = importlib.import_module(f'm{n}').phi
    slope = jax.vmap(jax.grad(phi))
    both = jax.jit(lambda x: (phi(x), slope(x), jax.vmap(jax.grad(jax.grad(phi)))(x)))
    out[64] += both(grid)
    single = jax.jit(lambda x: (phi(x), slope(x)))(small)
    assert all(v.dtype == np.float32 for v in single)
    out[32] += single
    assert phi(np.ones((2, 3))).shape == (2, 3) and phi(1).shape == ()
for bits in out:
    np.concatenate([np.asarray(v, dtype=np.float64) for v in out[bits]]).tofile(f'{folder}/y{bits}')
"#;

/// From -50 to 50 only, in single precision.
const SMALL: usize = 322;

fn framework(language: Language, modules: &str, runner: &str) {
    let Some(python) = interpreter(modules) else {
        return;
    };
    let folder = folder(language.name());
    let xs = inputs();
    let mut cases = written();
    cases.extend(random(10));
    // autograd divides two infinities where a step of the formula overflows
    let overflows = |case: &Case| case.expr.to_string().contains("/(exp(x)-1)");
    cases.retain(|case| !overflows(case));
    write_inputs(&xs, &folder);
    write(&cases, language, &folder);
    run(Command::new(python)
        .arg("-c")
        .arg(runner.replace("SMALL", &SMALL.to_string()))
        .arg(&folder)
        .args([cases.len().to_string(), "12".to_owned()]));
    compare(
        &cases,
        &xs,
        &doubles(&folder.join("y64")),
        3,
        Accuracy::Absolute(DOUBLE),
    );
    let small: Vec<f64> = xs[..SMALL].iter().map(|x| f64::from(*x as f32)).collect();
    let found = doubles(&folder.join("y32"));
    compare(&cases, &small, &found, 2, Accuracy::Absolute(1e-6));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn torch_is_the_library() {
    framework(Language::Torch, "torch", TORCH);
}

#[test]
fn jax_is_the_library() {
    framework(Language::Jax, "jax, numpy", JAX);
}
