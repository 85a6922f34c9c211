// Floats of 2 bytes, and those that hold them: every one is a float32, and of a float64 the nearest is taken, of two the
// even one.

export function widenHalves(values: usize, rows: i32, to: usize): void {
  for (let row = 0; row < rows; row++) {
    const half = <u32>load<u16>(values + (<usize>row << 1));
    // Exponents are 112 apart; a product moves them, of what has no leading bit too. The greatest says that it is no number.
    const magnitude = (half & 0x7fff) << 13;
    const bits = magnitude >= 0x0f800000 ? magnitude | 0x7f800000 : reinterpret<u32>(reinterpret<f32>(magnitude) * <f32>5.192296858534828e33);
    store<u32>(to + (<usize>row << 2), bits | ((half & 0x8000) << 16));
  }
}

/** From here on infinity is nearest. */
const BEYOND: f64 = 65520;
/** Below it there is no leading bit: values are so many times 2 ** -24. */
const LEAST_NORMAL: f64 = 0.00006103515625;

export function nearestHalves(values: usize, rows: i32, to: usize): void {
  for (let row = 0; row < rows; row++) {
    const bits = load<u64>(values + (<usize>row << 3)), value = reinterpret<f64>(bits), magnitude = abs(value);
    let half: u32;
    if (value != value) half = 0x7e00;
    else if (magnitude >= BEYOND) half = 0x7c00;
    else if (magnitude < LEAST_NORMAL) half = <u32>nearest(magnitude * 16777216);
    else {
      const exact = bits & 0x7fff_ffff_ffff_ffff;
      const rounded = exact + 0x1ff_ffff_ffff + ((exact >> 42) & 1);
      half = <u32>(rounded >> 42) - ((1023 - 15) << 10);
    }
    store<u16>(to + (<usize>row << 1), <u16>(half | (<u32>(bits >> 63) << 15)));
  }
}
