#pragma once
// The fields of a tar header, shared by reader and writer. Spec: POSIX.1-2017 pax, table "ustar
// Header Block".

#include <cstddef>
#include <cstdint>

namespace stamp::layer::tar {

/// Size of a block.
inline constexpr std::size_t kBlock = 512;

/// Place of a field in the header block.
struct Field {
  std::size_t offset;
  std::size_t size;
};

inline constexpr Field kName{0, 100};
inline constexpr Field kMode{100, 8};
inline constexpr Field kUid{108, 8};
inline constexpr Field kGid{116, 8};
inline constexpr Field kSize{124, 12};
inline constexpr Field kTime{136, 12};
inline constexpr Field kChecksum{148, 8};
inline constexpr Field kType{156, 1};
inline constexpr Field kLink{157, 100};
inline constexpr Field kMagic{257, 8};  ///< magic and version
inline constexpr Field kDeviceMajor{329, 8};
inline constexpr Field kDeviceMinor{337, 8};
inline constexpr Field kPrefix{345, 155};

/// Bytes that fill content of this size up to whole blocks.
constexpr std::size_t padding(std::uint64_t size) {
  return static_cast<std::size_t>((kBlock - size % kBlock) % kBlock);
}

}  // namespace stamp::layer::tar
