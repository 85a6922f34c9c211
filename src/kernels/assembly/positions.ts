// Arrays of uint32 that hold positions, as kernels of windows pass them on.

@inline export function u32At(array: usize, index: i32): i32 { return load<i32>(array + (<usize>index << 2)); }
@inline export function put32(array: usize, index: i32, value: i32): void { store<i32>(array + (<usize>index << 2), value); }

/** In place of a row, or of its number, where there is none. */
export const NONE: i32 = -1;
