// Plain values of any numeric kind as the words that accumulators work with. `Kind` in `accumulate-kernels.ts` names
// the kinds.

/** Whether bit `row` is set; an address of 0 stands for a bitmap of ones. */
@inline export function isValid(validity: usize, row: i32): bool {
  return validity == 0 || ((load<u8>(validity + (row >> 3)) >> <u8>(row & 7)) & 1) != 0;
}

@inline export function idOf(ids: usize, row: i32): usize { return <usize>load<u32>(ids + (<usize>row << 2)); }

/** An integer of 128 bits as a float64, at most a last digit beside the nearest. */
@inline function float128(low: u64, high: i64): f64 {
  // By its magnitude: the halves of a small negative number nearly cancel.
  if (high >= 0) return <f64>high * 18446744073709551616.0 + <f64>low;
  return -(<f64>(<u64>~high + <u64>(low == 0)) * 18446744073709551616.0 + <f64>(<u64>0 - low));
}

/** The value of a row as float64; decimals without their scale. */
@inline export function floatOf(kind: i32, values: usize, row: i32): f64 {
  const i = <usize>row;
  switch (kind) {
    case 0: return <f64>load<i8>(values + i);
    case 1: return <f64>load<i16>(values + (i << 1));
    case 2: return <f64>load<i32>(values + (i << 2));
    case 3: return <f64>load<i64>(values + (i << 3));
    case 4: return <f64>load<u8>(values + i);
    case 5: return <f64>load<u16>(values + (i << 1));
    case 6: return <f64>load<u32>(values + (i << 2));
    case 7: return <f64>load<u64>(values + (i << 3));
    case 8: return <f64>load<f32>(values + (i << 2));
    case 9: return load<f64>(values + (i << 3));
    default: return float128(load<u64>(values + (i << 4)), load<i64>(values + (i << 4), 8));
  }
}

/** The high half of the product of two numbers without sign. */
@inline export function mulHigh(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff, aHigh = a >> 32, bLow = b & 0xffffffff, bHigh = b >> 32;
  const middle = aHigh * bLow + ((aLow * bLow) >> 32);
  const cross = (middle & 0xffffffff) + aLow * bHigh;
  return aHigh * bHigh + (middle >> 32) + (cross >> 32);
}
