//! Files cut into documents. `---` and `...` at the beginning of a line always separate documents, in a block of text too:
//! YAML allows nothing else there.

/// Longest file that is read, in bytes.
pub const SOURCE_MAX: usize = 1 << 20;

/// A file, or what somebody typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// As it is shown in errors.
    pub file: String,
    pub text: String,
}

/// One document of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    pub text: &'a str,
    /// Lines before it.
    pub line: usize,
    /// Bytes before it.
    pub offset: usize,
}

/// The documents of a text that hold anything but comments.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut begin = Piece { text: "", line: 0, offset: 0 };
    let mut offset = 0;
    for (line, content) in text.split_inclusive('\n').enumerate() {
        if let Some(skipped) = separator(content) {
            pieces.push(Piece { text: &text[begin.offset..offset], ..begin });
            begin = Piece { text: "", line, offset: offset + skipped };
        }
        offset += content.len();
    }
    pieces.push(Piece { text: &text[begin.offset..], ..begin });
    pieces.retain(|piece| piece.text.lines().any(says_something));
    pieces
}

/// The bytes of a separator that a line begins with; what follows them is of the next document.
fn separator(line: &str) -> Option<usize> {
    let rest = line.strip_prefix("---").or_else(|| line.strip_prefix("..."))?;
    rest.chars().next().is_none_or(char::is_whitespace).then_some(3)
}

fn says_something(line: &str) -> bool {
    let line = line.trim_start();
    !line.is_empty() && !line.starts_with('#') && !line.starts_with('%')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_cut_at_separators_and_know_where_they_begin() {
        let text = "# a comment\n---\nkind: a\ntext: |\n  --- no\n---  # why\nkind: b\n...\n---\n\n# nothing\n--- {kind: c}\n---x: 1\n";
        let cut: Vec<_> = pieces(text).into_iter().map(|p| (p.line, p.text.trim_end())).collect();
        assert_eq!(cut, [(1, "\nkind: a\ntext: |\n  --- no"), (5, "  # why\nkind: b"), (11, " {kind: c}\n---x: 1")]);
        for piece in pieces(text) {
            assert!(text[piece.offset..].starts_with(piece.text));
            assert_eq!(text[..piece.offset].matches('\n').count(), piece.line);
        }
        assert!(pieces("").is_empty() && pieces("# only\n---\n").is_empty());
    }
}
