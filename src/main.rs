//! The program: arguments in, exit code out. All else is in `cli` (what people type), `run` (the bot) and `log`.

mod cli;
mod log;
mod run;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
