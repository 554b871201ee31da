//! The program: arguments in, exit code out. All else is in `cli` (what people type), `run` (the bot), `supervisor`
//! (who started it) and `log`.

mod cli;
mod log;
mod run;
mod supervisor;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
