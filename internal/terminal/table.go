package terminal

import (
	"fmt"
	"io"
	"strings"
)

// A Table is rows of cells, laid out in columns as wide as their widest cell.
// Cells may be painted.
type Table struct {
	// Head is the first row. By default, there is none.
	Head []string
	Rows [][]string
	// Width is how many characters a line may have: the last column, which
	// must not be painted then, is cut to fit. By default, it is not cut.
	Width int
}

// least is what a last column that is cut still has.
const least = 20

// Add appends a row.
func (t *Table) Add(cells ...string) { t.Rows = append(t.Rows, cells) }

// Write lays the table out, with a bold head and two spaces between columns.
func (t *Table) Write(out io.Writer, ink Ink) error {
	rows := t.Rows
	if len(t.Head) > 0 {
		head := make([]string, len(t.Head))
		for i, cell := range t.Head {
			head[i] = ink.Bold(cell)
		}
		rows = append([][]string{head}, rows...)
	}
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], Length(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			if t.Width > 0 && i == len(widths)-1 {
				cell = Cut(cell, max(t.Width-Length(line.String()), least))
			}
			line.WriteString(cell)
			if i < len(row)-1 {
				line.WriteString(strings.Repeat(" ", widths[i]-Length(cell)+2))
			}
		}
		if _, err := fmt.Fprintln(out, strings.TrimRight(line.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}
