#pragma once
// What decides the bytes of encoders. A change here changes every digest: the values are part of
// the encoder's identity, and so of segment keys and locks.

namespace stamp::layer {

inline constexpr int kGzipLevel = 6;
inline constexpr int kZstdLevel = 3;
// Level 3 has 17 and 16. Its tables then take 768 KiB, these 192 KiB, which stay in the second
// cache of a core beside what the decoder needs: 3 % more bytes than with 16 and 15, but a cold
// build takes 5 % less time.
inline constexpr int kZstdHashLog = 15;
inline constexpr int kZstdChainLog = 14;

}  // namespace stamp::layer
