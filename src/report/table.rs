use super::{Style, printable, tone::Tone};
use unicode_segmentation::UnicodeSegmentation as _;

/// Columns of text, aligned; the last one runs free.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Vec<Vec<(Tone, String)>>,
}

/// No column is padded to more than this, so that one long name doesn't push everything to the right.
const WIDEST: usize = 48;

impl Table {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn row<const N: usize>(&mut self, cells: [(Tone, String); N]) {
        self.rows.push(cells.map(|(tone, text)| (tone, printable(&text).into_owned())).into());
    }

    /// Writes the rows, two spaces between columns; a column in which nothing stands is left out.
    pub(super) fn render(&self, style: &Style) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widest =
            |column: usize| self.rows.iter().filter_map(|row| row.get(column)).map(|(_, text)| width(text)).max();
        let widths: Vec<usize> = (0..columns).map(|column| widest(column).unwrap_or(0).min(WIDEST)).collect();
        let mut out = String::new();
        for row in &self.rows {
            for (column, (tone, text)) in row.iter().enumerate().filter(|(column, _)| widths[*column] > 0) {
                out.push_str(&tone.paint(style, text));
                if column + 1 < row.len() {
                    out.extend(std::iter::repeat_n(' ', widths[column].saturating_sub(width(text)) + 2));
                }
            }
            out.truncate(out.trim_end_matches(' ').len());
            out.push('\n');
        }
        out
    }
}

/// Returns the width of a text: a column a grapheme, near enough for names and dates.
fn width(text: &str) -> usize {
    text.graphemes(true).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_nothing_trails() {
        let mut table = Table::new();
        table.row([(Tone::Plain, "a".to_owned()), (Tone::Plain, "one".to_owned())]);
        table.row([(Tone::Plain, "longer".to_owned()), (Tone::Plain, "two".to_owned())]);
        table.row([(Tone::Plain, "x".to_owned()), (Tone::Plain, String::new())]);
        assert_eq!(table.render(&Style { color: false, width: 80 }), "a       one\nlonger  two\nx\n");
    }

    #[test]
    fn an_empty_column_takes_no_place() {
        let mut table = Table::new();
        for name in ["a", "b"] {
            table.row([name, "", "z"].map(|text| (Tone::Plain, text.to_owned())));
        }
        assert_eq!(table.render(&Style { color: false, width: 80 }), "a  z\nb  z\n");
    }

    #[test]
    fn no_rows_are_no_text() {
        assert_eq!(Table::new().render(&Style { color: true, width: 80 }), "");
    }
}
