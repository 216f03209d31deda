/**
 * A message of one core in the hand of its receiver.
 */
#ifndef AOS_LMP_MESSAGE_H
#define AOS_LMP_MESSAGE_H

#include <abi/errno.h>
#include <abi/syscall.h>
#include <stdbool.h>

/// Nine words that the compiler can keep in registers.
struct lmp_message {
    errval_t err;    ///< If this is not SYS_ERR_OK the rest means nothing.
    uint64_t header; ///< x1 of SYS_LMP: endpoint, and what the sender said of the message.
    uint64_t w0, w1, w2, w3, w4, w5, w6, w7;
};

/// Offset in the dispatcher frame of the ring that the message was for.
static inline uint32_t lmp_header_endpoint(uint64_t header)
{
    return (uint32_t)header;
}

/// How many words the sender sent; the other words mean nothing.
static inline unsigned lmp_header_words(uint64_t header)
{
    return (unsigned)(header >> (32 + LMP_COUNT_SHIFT)) & LMP_COUNT_MASK;
}

/// How many capabilities came along, in the receive slots of the endpoint.
static inline unsigned lmp_header_caps(uint64_t header)
{
    if ((header & (uint64_t)LMP_FLAG_CAP << 32) == 0) {
        return 0;
    }
    return (unsigned)((header >> (32 + LMP_CAPS_SHIFT)) + 1) & LMP_CAPS_MASK;
}

/// True if a capability came along.
static inline bool lmp_header_has_cap(uint64_t header)
{
    return lmp_header_caps(header) != 0;
}

/// True if bytes came along, into the endpoint's area.
static inline bool lmp_header_has_bytes(uint64_t header)
{
    return (~header & (uint64_t)(LMP_FLAG_CAP | LMP_FLAG_BYTES) << 32) == 0;
}

#endif
