//! Expressions and numbers with a leading minus sign, which clap would take for options.

use super::Cli;

/// The arguments with a blank put before each that looks like an expression with a leading minus
/// sign (`-x`, `-2*relu(x)`), so that clap takes it for a value. The commands trim it again. An
/// argument that begins with two minus signs stays an option; `-h`, `-V` and `-o` too. The value of an option is joined to
/// it (`--rho=-0.5`), which needs no blank.
///
/// (`allow_hyphen_values` is no way out: after one value it swallows the options that follow.)
pub fn with_leading_minus(args: impl IntoIterator<Item = String>) -> Vec<String> {
    let command = <Cli as clap::CommandFactory>::command();
    let (valued, letters) = (valued_options(&command), letters(&command));
    let mut in_command = false;
    let mut typed: Vec<String> = Vec::new();
    for (n, arg) in args.into_iter().enumerate() {
        let minus = arg.starts_with('-') && arg.len() > 1 && !arg.starts_with("--");
        let option = matches!(arg.as_str(), "-h" | "-V") || letters.contains(&arg);
        let waits = typed.last_mut().filter(|last| valued.contains(last));
        match waits {
            Some(last) if minus => *last = format!("{last}={arg}"),
            _ if in_command && minus && !option => typed.push(format!(" {arg}")),
            _ => {
                in_command |= n > 0 && !arg.starts_with('-');
                typed.push(arg);
            }
        }
    }
    typed
}

/// `--rho` and all others that take a value, of all commands.
fn valued_options(command: &clap::Command) -> Vec<String> {
    let own = command
        .get_arguments()
        .filter(|a| a.get_action().takes_values())
        .flat_map(|a| {
            let alias = a.get_all_aliases().unwrap_or_default();
            a.get_long()
                .into_iter()
                .chain(alias)
                .map(|l| format!("--{l}"))
        });
    own.chain(command.get_subcommands().flat_map(valued_options))
        .collect()
}

/// `-o` and all others of one letter, of all commands: none of them is an expression.
fn letters(command: &clap::Command) -> Vec<String> {
    let own = command.get_arguments().filter_map(|a| a.get_short());
    own.map(|l| format!("-{l}"))
        .chain(command.get_subcommands().flat_map(letters))
        .collect()
}
