//! Just enough multipart/form-data for messages with files: `payload_json`, the files' names and bytes.
//! Never keeps anything.

use crate::file::File;

/// The boundary of a multipart content type.
pub(super) fn boundary(content_type: &str) -> Option<String> {
    let (kind, rest) = content_type.split_once(';')?;
    let boundary = rest.split(';').find_map(|part| part.trim().strip_prefix("boundary="))?;
    kind.trim().eq_ignore_ascii_case("multipart/form-data").then(|| boundary.trim_matches('"').to_owned())
}

/// The JSON part (`{}` if there is none) and the files.
pub(super) fn read(bytes: &[u8], boundary: &str) -> (Vec<u8>, Vec<File>) {
    let (mut json, mut files) = (b"{}".to_vec(), Vec::new());
    for (headers, content) in parts(bytes, format!("--{boundary}").as_bytes()) {
        let field = |name: &str| {
            headers
                .split(['\r', '\n', ';'])
                .find_map(|part| part.trim().strip_prefix(&format!("{name}=")))
                .map(|value| value.trim_matches('"').to_owned())
        };
        match (field("name").as_deref(), field("filename")) {
            (Some("payload_json"), _) => json = content.to_vec(),
            (_, Some(name)) => files.push(File { name, bytes: content.to_vec() }),
            _ => {}
        }
    }
    (json, files)
}

/// Every part's headers and content.
fn parts<'a>(bytes: &'a [u8], delimiter: &[u8]) -> Vec<(String, &'a [u8])> {
    let mut found = Vec::new();
    let mut rest = bytes;
    while let Some(start) = find(rest, delimiter) {
        rest = &rest[start + delimiter.len()..];
        let Some(end) = find(rest, delimiter) else { break };
        let part = rest[..end].strip_prefix(b"\r\n").unwrap_or(&rest[..end]);
        if let Some(gap) = find(part, b"\r\n\r\n") {
            let content = &part[gap + 4..];
            found.push((
                String::from_utf8_lossy(&part[..gap]).into_owned(),
                content.strip_suffix(b"\r\n").unwrap_or(content),
            ));
        }
    }
    found
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payload_and_files_are_found() {
        let body = b"--xx\r\nContent-Disposition: form-data; name=\"payload_json\"\r\n\r\n{\"content\":\"hi\"}\r\n--xx\r\n\
            Content-Disposition: form-data; name=\"files[0]\"; filename=\"a.md\"\r\nContent-Type: text/markdown\r\n\r\nhello\r\n--xx--\r\n";
        let (json, files) = read(body, "xx");
        assert_eq!(json, b"{\"content\":\"hi\"}");
        assert_eq!((files[0].name.as_str(), files[0].bytes.as_slice()), ("a.md", b"hello".as_slice()));
    }
}
