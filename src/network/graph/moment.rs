use crate::model::Timestamp;

/// Reads a time as the Graph API writes it: `2026-11-23T09:00:00+0000`.
pub(in crate::network) fn moment(text: &str) -> Option<Timestamp> {
    match text.len().checked_sub(5).filter(|at| text.is_char_boundary(*at)).map(|at| text.split_at(at)) {
        Some((time, zone)) if zone.starts_with(['+', '-']) => {
            Timestamp::parse(&format!("{time}{}:{}", zone.get(..3)?, zone.get(3..)?))
        }
        _ => Timestamp::parse(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("a time")
    }

    #[test]
    fn times_are_read_as_the_api_writes_them() {
        assert_eq!(moment("2026-11-23T09:00:00+0000"), Some(at("2026-11-23T09:00:00Z")));
        assert_eq!(moment("2026-11-23T10:00:00+01:00"), Some(at("2026-11-23T09:00:00Z")));
        assert_eq!((moment("soon"), moment(""), moment("é+000é")), (None, None, None));
    }
}
