#pragma once
// What decides the bytes of encoders. A change here changes every digest: the values are part of
// the encoder's identity, and so of segment keys and locks.

namespace stamp::layer {

inline constexpr int kGzipLevel = 6;
inline constexpr int kZstdLevel = 3;
// Level 3 has 17 and 16. Its tables then take 768 KiB, these 384 KiB, which stay in the second
// cache of a core beside what the decoder needs.
inline constexpr int kZstdHashLog = 16;
inline constexpr int kZstdChainLog = 15;

}  // namespace stamp::layer
