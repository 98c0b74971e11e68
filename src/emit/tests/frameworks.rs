//! PyTorch and JAX: values, derivatives by the framework, in doubles, in single and in half precision.

use super::*;

/// Relative, in doubles and in singles: framework functions and derivatives are as good as that beside 1.
const UNITS: [f64; 2] = [1e-14, 1e-6];

const TORCH: &str = "
import importlib, pickle, re, sys, warnings, numpy as np, torch
warnings.simplefilter('ignore')
folder, count = sys.argv[1], int(sys.argv[2])
sys.path.insert(0, folder)
for name, kind in (('64', torch.float64), ('32', torch.float32)):
    x = torch.tensor(np.fromfile(folder + '/x' + name), dtype=kind)
    out = []
    for n in range(count):
        module = importlib.import_module(f'm{n}')
        f = pickle.loads(pickle.dumps(module.Phi()))
        at = x.clone().requires_grad_()
        y = f(at)
        assert y.dtype == kind and y.shape == x.shape, n
        g, = torch.autograd.grad(y.sum(), at, create_graph=True, materialize_grads=True)
        out += [y, g]
        h = torch.zeros_like(x)
        if g.requires_grad:
            h, = torch.autograd.grad(g.sum(), at, materialize_grads=True)
        tame = (x.abs() < 50) & y.isfinite() & g.isfinite()
        assert not h[tame].isnan().any(), (n, x[tame][h[tame].isnan()])
        if name == '64':
            assert torch.equal(torch.func.vmap(f)(x[:40]), f(x)[:40]), n
            each = torch.func.vmap(torch.func.grad(f))(x[:40])
            assert torch.allclose(each, g[:40], rtol=1e-12, equal_nan=True), n
            for kind2 in (torch.float16, torch.bfloat16):
                said = re.search(r'In ' + str(kind2)[6:] + r' it is finite for (\\S+) <= x <= (\\S+)\\.\\n', module.__doc__)
                half = torch.arange(0, 0x7c00 if kind2 == torch.float16 else 0x7f80, 7, dtype=torch.int16).view(kind2)
                half = torch.cat([half, -half])
                if said:
                    low, high = map(float, said.groups())
                    # rounding may cross the last places
                    half = half[(half.double() >= 0.99 * low) & (half.double() <= 0.99 * high)]
                if said or 'every finite' in module.__doc__:
                    assert f(half).isfinite().all(), (n, kind2, half[~f(half).isfinite()])
    torch.cat(out).detach().double().numpy().tofile(folder + '/y' + name)
";

const JAX: &str = "
import importlib, sys, numpy as np, jax, jax.numpy as jnp
jax.config.update('jax_enable_x64', True)
folder, count = sys.argv[1], int(sys.argv[2])
sys.path.insert(0, folder)
all = [importlib.import_module(f'm{n}').phi for n in range(count)]
def both(x):
    return jnp.concatenate([jnp.stack(jax.value_and_grad(f)(x)) for f in all])
for name, kind in (('64', jnp.float64), ('32', jnp.float32)):
    x = jnp.array(np.fromfile(folder + '/x' + name), dtype=kind)
    y = jax.jit(jax.vmap(both))(x)
    assert y.dtype == kind, y.dtype
    np.array(y.T, dtype=np.float64, order='C').tofile(folder + '/y' + name)
for f in all:
    assert f(jnp.ones(3, dtype=jnp.bfloat16)).dtype == jnp.bfloat16
    assert f(1).dtype == jnp.float64
";

fn check(language: Language, modules: &str, runner: &str, randoms: usize) {
    let Some(python) = interpreter(modules) else {
        return;
    };
    let folder = folder(language.name());
    // what is rounded to singles is rounded before it is looked at
    let single: Vec<f64> = inputs().into_iter().map(|x| f64::from(x as f32)).collect();
    let single: Vec<f64> = single.into_iter().filter(|x| !(x.abs() > 1e3)).collect();
    let xs = [inputs(), single];
    for (name, xs) in ["x64", "x32"].into_iter().zip(&xs) {
        let bytes: Vec<u8> = xs.iter().flat_map(|x| x.to_le_bytes()).collect();
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    let mut cases = written();
    cases.extend(random(randoms));
    for (n, case) in cases.iter().enumerate() {
        let text = code(&case.expr, language, &Options::default());
        let text = text.unwrap_or_else(|e| panic!("{}: {e}", case.expr));
        std::fs::write(folder.join(format!("m{n}.py")), text).unwrap();
    }
    let count = cases.len().to_string();
    run(Command::new(python)
        .arg("-c")
        .arg(runner)
        .arg(&folder)
        .arg(count));
    for ((name, xs), unit) in ["y64", "y32"].into_iter().zip(&xs).zip(UNITS) {
        compare(
            &cases,
            xs,
            &doubles(&folder.join(name)),
            2,
            Accuracy::Absolute(unit),
        );
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn torch_is_the_library() {
    check(Language::Torch, "numpy, torch", TORCH, 40);
}

#[test]
fn jax_is_the_library() {
    check(Language::Jax, "numpy, jax", JAX, 10);
}
