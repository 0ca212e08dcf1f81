// Where a list of any length is scrolled to. Browsers cannot make an element of ten million rows, so the
// scroll bar stands for the part of the whole, and the exact row is kept here.

/** Height of a row, pixels; `.trace-row` has the same. */
export const ROW_HEIGHT = 20;
/** Tallest element that every browser takes, with room to spare. */
const MOST_HEIGHT = 4_000_000;

/** Scroll position in rows; the top row may be cut. */
export class ListScroll {
  /** First visible row, with its hidden part as a fraction. */
  top = 0;
  rows = 0;
  /** Pixels. */
  height = 0;

  /** Rows that fit, whole or cut. */
  get visible(): number {
    return Math.ceil(this.height / ROW_HEIGHT) + 1;
  }

  /** Rows that fit whole. */
  get page(): number {
    return Math.max(1, Math.floor(this.height / ROW_HEIGHT));
  }

  /** Last position of {@link top}. */
  get end(): number {
    return Math.max(0, this.rows - this.height / ROW_HEIGHT);
  }

  get atEnd(): boolean {
    return this.top >= this.end - 0.5;
  }

  /** Height of the element that is scrolled, pixels. */
  get content(): number {
    return Math.min(this.rows * ROW_HEIGHT, MOST_HEIGHT);
  }

  /** Where the scroll bar stands, pixels. */
  get bar(): number {
    const room = this.content - this.height;
    return this.end === 0 || room <= 0 ? 0 : (this.top / this.end) * room;
  }

  /** The bar was moved. */
  setBar(pixels: number): void {
    const room = this.content - this.height;
    this.to(room <= 0 ? 0 : (pixels / room) * this.end);
  }

  to(row: number): void {
    this.top = Math.min(Math.max(0, row), this.end);
  }

  /** Moves by pixels, exactly, however long the list is. */
  by(pixels: number): void {
    this.to(this.top + pixels / ROW_HEIGHT);
  }

  /** Makes a row visible, moving as little as needed; far away it goes to the middle. */
  reveal(row: number): void {
    const fits = this.height / ROW_HEIGHT;
    if (row < this.top - fits || row > this.top + 2 * fits) {
      this.to(row - Math.floor(fits / 2));
    } else if (row < this.top) {
      this.to(row);
    } else if (row + 1 > this.top + fits) {
      this.to(row + 1 - fits);
    }
  }
}
