//! A PostgreSQL of a test's own, which can be killed and started again. Nothing of it outlives the process.

#![allow(dead_code, reason = "every test file that includes this uses its own part")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use crate::databases::{as_somebody_else, path_with_postgres};

/// Does what it is told by line, and ends, with everything, when nobody is left to tell it anything.
const SERVER: &str = r#"
trap '' INT TERM HUP
dir=$(mktemp -d /tmp/muster-pg-XXXXXX) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
start() {
    pg_ctl -D data -w -l log -o "-k $dir -c listen_addresses='' -c fsync=off -c max_connections=100" start >>setup 2>&1 </dev/null
}
{ initdb -D data -U muster -A trust -E UTF8 --locale=C --no-sync; } >setup 2>&1 </dev/null && start || { echo failed; exit 1; }
echo "$dir"
while read -r word; do
    case "$word" in
        kill) pg_ctl -D data -m immediate -w stop >>setup 2>&1 </dev/null ;;
        start) start ;;
    esac
    echo "$?"
done
pg_ctl -D data -m immediate -w stop >/dev/null 2>&1 </dev/null
"#;

pub struct Cluster {
    folder: String,
    tell: ChildStdin,
    told: BufReader<ChildStdout>,
    _keeper: Child,
}

impl Cluster {
    /// None where PostgreSQL is not installed; the harness of the databases says so.
    pub fn start() -> Option<Cluster> {
        let mut keeper = as_somebody_else("sh")
            .args(["-c", SERVER])
            .env("PATH", path_with_postgres().ok()?)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let tell = keeper.stdin.take().expect("it is piped");
        let mut told = BufReader::new(keeper.stdout.take().expect("it is piped"));
        let folder = line(&mut told);
        assert!(folder.starts_with("/tmp/"), "PostgreSQL does not start: {folder}");
        Some(Cluster { folder, tell, told, _keeper: keeper })
    }

    /// Its database, behind a socket.
    pub fn url(&self) -> String {
        format!("postgres://muster@localhost/postgres?host={}", self.folder)
    }

    /// Ends it as a crash would: every connection is lost, nothing is written that was not.
    pub fn kill(&mut self) {
        self.say("kill");
    }

    pub fn start_again(&mut self) {
        self.say("start");
    }

    fn say(&mut self, word: &str) {
        writeln!(self.tell, "{word}").expect("it listens");
        assert_eq!(line(&mut self.told), "0", "{word}");
    }
}

fn line(from: &mut impl BufRead) -> String {
    let mut said = String::new();
    from.read_line(&mut said).expect("it answers");
    said.trim().to_owned()
}
