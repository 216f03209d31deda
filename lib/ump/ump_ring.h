/**
 * The ring of UMP: messages between two cores through a shared frame (document D 3.2).
 *
 * The frame has two halves. Each side writes only its own: a header line, and then a ring of slots, each a
 * cache line of seven words and a control word. A side sends in its half and receives from the other one.
 * docs/ump.md has a picture.
 *
 *  - *Epoch.* The control word's epoch bit says that a slot is filled: it has the other value in each round
 * of the ring, and 1 in the first, for the frame begins zeroed. Payload is written before the control word is
 *    stored (release), and read after that was loaded (acquire).
 *  - *Acknowledgements.* The receiver counts the slots that it has taken. The count goes along in every
 * control word that it sends, and, for times when it sends nothing, into its header line when half of the
 * ring and when all of it has been gone through. It begins at the number of slots less one, not at 0, so it
 * *is* the number of the last slot that the sender may fill. It fills none beyond: what it overwrites has
 *    been read.
 *  - *Sleep.* Who wants to sleep stores `sleeping` and then looks at the slot; who sends stores the slot and
 *    then looks at `sleeping`. Both are sequentially consistent (STLR before LDAR, which the architecture
 * keeps in order; Arm ARM B2.3), so one of the two sees the other. The same holds between the count in the
 * header line and a sender that waits for room, and between `closed` and either.
 *
 * One thread at a time sends at an end, and one receives; see aos/ump.h for who may do both. Nothing that the
 * other side writes is used as an address or a length: it can spoil only what it sends or would receive.
 *
 * This header knows no operating system. The tests run it on the host, and tests/model/ump_ring.pml is a
 * model of it.
 */
#ifndef LIB_UMP_RING_H
#define LIB_UMP_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UMP_LINE_BYTES 64
#define UMP_SLOT_WORDS 7
#define UMP_SLOT_BYTES (UMP_SLOT_WORDS * 8) ///< Payload of a slot.

/*
 * The upper half of a control word; the lower one is the count of the other direction. A whole message of
 * seven words is all zero, but for the epoch.
 */
#define UMP_EPOCH              0x80000000U
#define UMP_NOT_FIRST          0x10U
#define UMP_NOT_LAST           0x08U
#define UMP_TAG_SHIFT          8
#define UMP_MISSING(words)     ((uint32_t)(UMP_SLOT_WORDS - (words))) ///< Words of the slot not used.
#define UMP_HEADER(words, tag) (UMP_MISSING(words) | (uint32_t)(tag) << UMP_TAG_SHIFT)
#define UMP_WORDS(header)      ((unsigned)(UMP_SLOT_WORDS - ((header)&7)))
#define UMP_IS_FIRST(header)   (!((header)&UMP_NOT_FIRST))
#define UMP_IS_LAST(header)    (!((header)&UMP_NOT_LAST))
#define UMP_TAG(header)        ((uint16_t)((header) >> UMP_TAG_SHIFT))

/// A cache line of the ring. Its writer stores `control` last.
struct ump_slot {
    uint64_t control;
    uint64_t words[UMP_SLOT_WORDS];
};

/// First line of a half.
struct ump_half {
    uint32_t sleeping; ///< The half's owner waits in its kernel: wake it.
    uint32_t closed;   ///< The half's owner sends nothing more, and takes nothing more.
    uint32_t taken;    ///< How far the other side may send, as of the last half of a round.
    uint32_t core;     ///< Where the owner runs, plus one; 0: not known yet.
    uint32_t group;    ///< What to wake there.
    uint32_t reserved[11];
    struct ump_slot slots[];
};

_Static_assert(sizeof(struct ump_slot) == UMP_LINE_BYTES && sizeof(struct ump_half) == UMP_LINE_BYTES,
               "cache lines");

/// One side's end of a channel, in its private memory. The order of fields makes pairs that are loaded at
/// once.
struct ump_end {
    uint64_t rx_epoch;              ///< Bit 63: of slots that are filled.
    const struct ump_slot *rx_slot; ///< The next to be received.
    const struct ump_slot *rx_stop; ///< The middle or the end of its ring, whichever comes first.
    struct ump_slot *tx_slot;       ///< The next to be sent.
    uint32_t tx_count;              ///< Slots that were sent; the number of the next.
    uint32_t tx_limit;              ///< The last number that the other side lets us send.
    uint32_t rx_count;              ///< The last number that we let the other side send.
    uint32_t tx_epoch;              ///< Bit 31: of what is sent.
    const struct ump_slot *tx_end;
    const struct ump_half *peer;
    struct ump_half *own;
    uint32_t slots;                    ///< Of each ring.
    uint32_t tx_messages, rx_messages; ///< Kept for the trace, where that is compiled in.
};

/// A slot's words, and what its control word says: UMP_WORDS(header) and so on.
struct ump_message {
    uint64_t w[UMP_SLOT_WORDS];
    uint32_t header;
};

/// The other side sleeps, and must be woken. Whoever includes this header defines it; it may be called twice
/// for one sleep, and not only when there is something for the sleeper.
void ump_wake(struct ump_end *end);

#define UMP_UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/// Number of slots in each half of a frame; 0: it is too small.
static inline uint32_t ump_frame_slots(size_t bytes)
{
    const size_t lines = bytes / 2 / UMP_LINE_BYTES;
    return lines > 2 && lines <= 0x1000000 ? (uint32_t)lines - 1 : 0;
}

static inline struct ump_half *ump_frame_half(void *frame, size_t bytes, unsigned side)
{
    return (struct ump_half *)((char *)frame + side * (bytes / 2 / UMP_LINE_BYTES * UMP_LINE_BYTES));
}

/**
 * Begins with a frame that was zeroed before either side had it.
 *
 * \param frame aligned to UMP_LINE_BYTES
 * \param side  0 or 1, not the other side's
 * \return false if the frame is too small or not aligned
 */
static inline bool ump_end_init(struct ump_end *end, void *frame, size_t bytes, unsigned side)
{
    const uint32_t slots = ump_frame_slots(bytes);
    if (slots == 0 || (uintptr_t)frame % UMP_LINE_BYTES || side > 1) {
        return false;
    }
    struct ump_half *own = ump_frame_half(frame, bytes, side);
    const struct ump_half *peer = ump_frame_half(frame, bytes, 1 - side);
    *end = (struct ump_end){
        .rx_epoch = (uint64_t)UMP_EPOCH << 32,
        .rx_slot = peer->slots,
        .rx_stop = peer->slots + slots / 2,
        .tx_slot = own->slots,
        .tx_limit = slots - 1,
        .rx_count = slots - 1,
        .tx_epoch = UMP_EPOCH,
        .tx_end = own->slots + slots,
        .peer = peer,
        .own = own,
        .slots = slots,
    };
    return true;
}

/* Sending. */

/**
 * The other side's header line may let us send more than its last message did. \return free slots
 *
 * A message that was sent before the header line was written may be received after that was read, and takes
 * the limit back: so it may be behind the count, until the next look here.
 */
static __attribute__((noinline, cold, unused)) uint32_t ump_end_room(struct ump_end *end)
{
    const uint32_t taken = __atomic_load_n(&end->peer->taken, __ATOMIC_SEQ_CST);
    if ((int32_t)(taken - end->tx_limit) > 0) {
        end->tx_limit = taken;
    }
    return end->tx_limit - end->tx_count + 1;
}

/// True if a slot is free. Looks at the header line only if there seems to be none.
static inline bool ump_end_can_send(struct ump_end *end)
{
    return !UMP_UNLIKELY((int32_t)(end->tx_limit - end->tx_count) < 0) || ump_end_room(end) > 0;
}

/// Publishes the slot at tx_slot, whose words have been written, and goes on to the next. Does not look
/// whether anybody sleeps.
static inline __attribute__((always_inline)) void ump_end_publish(struct ump_end *end, uint32_t header)
{
    // All loads stand before the store, over which the compiler moves nothing.
    struct ump_slot *slot = end->tx_slot, *next = slot + 1;
    const uint32_t epoch = end->tx_epoch;
    const uint64_t control = (uint64_t)(epoch | header) << 32 | end->rx_count;
    if (UMP_UNLIKELY(next == end->tx_end)) {
        next = end->own->slots;
        end->tx_epoch = epoch ^ UMP_EPOCH;
    }
    end->tx_slot = next;
    end->tx_count++;
    __atomic_store_n(&slot->control, control, __ATOMIC_SEQ_CST);
}

/// Copies a slot's words. One by one, all loads first: the compiler makes pairs of that, and ThreadSanitizer
/// sees it, which it does not of a copy in line.
static inline __attribute__((always_inline)) void ump_copy_words(void *to, const void *from)
{
    struct word {
        uint64_t value;
    } __attribute__((packed, may_alias)); // anywhere in the caller's memory
    struct word *target = (struct word *)to;
    const struct word *source = (const struct word *)from;
    const uint64_t w0 = source[0].value, w1 = source[1].value, w2 = source[2].value, w3 = source[3].value;
    const uint64_t w4 = source[4].value, w5 = source[5].value, w6 = source[6].value;
    target[0].value = w0;
    target[1].value = w1;
    target[2].value = w2;
    target[3].value = w3;
    target[4].value = w4;
    target[5].value = w5;
    target[6].value = w6;
}

/**
 * Fills up to `slots` whole slots from memory, as many as there is room for, and publishes each. Does not
 * look whether anybody sleeps.
 *
 * \return how many
 */
static inline size_t ump_end_publish_whole(struct ump_end *end, uint32_t header, const char *from,
                                           size_t slots)
{
    size_t done = 0;
    while (done < slots && ump_end_can_send(end)) {
        // As far as the ring goes on, with everything in registers.
        const size_t room = end->tx_limit - end->tx_count + 1, ahead = (size_t)(end->tx_end - end->tx_slot);
        size_t run = slots - done;
        run = run < room ? run : room;
        run = run < ahead ? run : ahead;
        const uint64_t control = (uint64_t)(end->tx_epoch | header) << 32 | end->rx_count;
        struct ump_slot *slot = end->tx_slot;
        for (const struct ump_slot *stop = slot + run; slot != stop; slot++) {
            ump_copy_words(slot->words, from);
            __atomic_store_n(&slot->control, control, __ATOMIC_SEQ_CST);
            from += UMP_SLOT_BYTES;
        }
        if (slot == end->tx_end) {
            slot = end->own->slots;
            end->tx_epoch ^= UMP_EPOCH;
        }
        end->tx_slot = slot;
        end->tx_count += (uint32_t)run;
        done += run;
    }
    return done;
}

/// After what the other side may wait for has been stored.
static inline void ump_end_wake_sleeper(struct ump_end *end)
{
    if (UMP_UNLIKELY(__atomic_load_n(&end->peer->sleeping, __ATOMIC_SEQ_CST))) {
        ump_wake(end);
    }
}

/**
 * Sends one slot, for which there must be room (ump_end_can_send()); wakes the other side if it sleeps.
 *
 * \param header UMP_HEADER(words, tag), with UMP_NOT_FIRST or UMP_NOT_LAST; best a constant. Words behind the
 *               count are not sent
 */
static inline __attribute__((always_inline)) void ump_end_send(struct ump_end *end, uint32_t header,
                                                               uint64_t w0, uint64_t w1, uint64_t w2,
                                                               uint64_t w3, uint64_t w4, uint64_t w5,
                                                               uint64_t w6)
{
    const unsigned count = UMP_WORDS(header);
    uint64_t *words = end->tx_slot->words;
    // No array, which the compiler would put on the stack.
#define UMP_STORE(n)     \
    if (count > (n)) {   \
        words[n] = w##n; \
    }
    UMP_STORE(0)
    UMP_STORE(1)
    UMP_STORE(2)
    UMP_STORE(3)
    UMP_STORE(4)
    UMP_STORE(5)
    UMP_STORE(6)
#undef UMP_STORE
    ump_end_publish(end, header);
    ump_end_wake_sleeper(end);
}

/* Receiving. */

static inline bool ump_end_is_filled(const struct ump_end *end, uint64_t control)
{
    return (int64_t)(control ^ end->rx_epoch) >= 0;
}

/// True if a slot waits.
static inline bool ump_end_can_recv(const struct ump_end *end)
{
    const uint64_t epoch = end->rx_epoch;
    return (int64_t)(__atomic_load_n(&end->rx_slot->control, __ATOMIC_ACQUIRE) ^ epoch) >= 0;
}

/// The middle or the end of the ring has been reached: the sender may have waited for that.
static __attribute__((noinline, cold, unused)) void ump_end_turn(struct ump_end *end)
{
    if (end->rx_slot == end->peer->slots + end->slots) {
        end->rx_slot = end->peer->slots;
        end->rx_stop = end->peer->slots + end->slots / 2;
        end->rx_epoch ^= (uint64_t)UMP_EPOCH << 32;
    } else {
        end->rx_stop = end->peer->slots + end->slots;
    }
    __atomic_store_n(&end->own->taken, end->rx_count, __ATOMIC_SEQ_CST);
    ump_end_wake_sleeper(end);
}

/// `slot`, the one at rx_slot, whose control word was read, is done with.
static inline __attribute__((always_inline)) void ump_end_release(struct ump_end *end,
                                                                  const struct ump_slot *slot,
                                                                  uint64_t control)
{
    end->tx_limit = (uint32_t)control;
    end->rx_count++;
    end->rx_slot = slot + 1;
    if (UMP_UNLIKELY(slot + 1 == end->rx_stop)) {
        ump_end_turn(end);
    }
}

/// Takes a slot, if one waits. Words behind the count are anything. \return false if there is none
static inline __attribute__((always_inline)) bool ump_end_recv(struct ump_end *end,
                                                               struct ump_message *message)
{
    const uint64_t epoch = end->rx_epoch;
    const struct ump_slot *slot = end->rx_slot;
    const uint64_t control = __atomic_load_n(&slot->control, __ATOMIC_ACQUIRE);
    if ((int64_t)(control ^ epoch) < 0) {
        return false;
    }
    message->w[0] = slot->words[0];
    message->w[1] = slot->words[1];
    message->w[2] = slot->words[2];
    message->w[3] = slot->words[3];
    message->w[4] = slot->words[4];
    message->w[5] = slot->words[5];
    message->w[6] = slot->words[6];
    message->header = (uint32_t)(control >> 32) & ~UMP_EPOCH;
    ump_end_release(end, slot, control);
    return true;
}

/// Copies up to `slots` whole slots that wait into memory. \return how many
static inline size_t ump_end_recv_whole(struct ump_end *end, char *to, size_t slots)
{
    size_t done = 0;
    while (done < slots) {
        // Up to the middle or the end of the ring, with everything in registers.
        const struct ump_slot *const begin = end->rx_slot, *slot = begin;
        const size_t ahead = (size_t)(end->rx_stop - begin), left = slots - done;
        const struct ump_slot *const stop = begin + (ahead < left ? ahead : left);
        const uint64_t epoch = end->rx_epoch;
        uint64_t control = 0;
        for (; slot != stop; slot++) {
            const uint64_t next = __atomic_load_n(&slot->control, __ATOMIC_ACQUIRE);
            if ((int64_t)(next ^ epoch) < 0) {
                break;
            }
            ump_copy_words(to, slot->words);
            to += UMP_SLOT_BYTES;
            control = next;
        }
        if (slot == begin) {
            break;
        }
        end->rx_count += (uint32_t)(slot - begin) - 1;
        done += (size_t)(slot - begin);
        ump_end_release(end, slot - 1, control);
    }
    return done;
}

/* The end of a channel, and sleep. */

/// Nothing more will come, and nothing is taken: the other side has closed, and what it had sent was
/// received.
static inline bool ump_end_is_over(const struct ump_end *end)
{
    return __atomic_load_n(&end->peer->closed, __ATOMIC_SEQ_CST) && !ump_end_can_recv(end);
}

/// Tells the other side that this one neither sends nor receives any more. What was sent can still be
/// received.
static inline void ump_end_close(struct ump_end *end)
{
    __atomic_store_n(&end->own->closed, 1, __ATOMIC_SEQ_CST);
    ump_end_wake_sleeper(end);
}

/* What somebody waits for, besides the other side's end. */
#define UMP_NEWS_MESSAGE 1U
#define UMP_NEWS_ROOM    2U

/// True if there is something for who waits. \param what UMP_NEWS_*
static inline bool ump_end_has_news(struct ump_end *end, unsigned what)
{
    return ((what & UMP_NEWS_MESSAGE)
            && ump_end_is_filled(end, __atomic_load_n(&end->rx_slot->control, __ATOMIC_SEQ_CST)))
           || ((what & UMP_NEWS_ROOM) && ump_end_can_send(end))
           || __atomic_load_n(&end->peer->closed, __ATOMIC_SEQ_CST);
}

/// Asks to be woken. To be followed by ump_end_has_news(): only if that is false may the caller sleep.
static inline void ump_end_sleep(struct ump_end *end)
{
    __atomic_store_n(&end->own->sleeping, 1, __ATOMIC_SEQ_CST);
}

static inline void ump_end_awake(struct ump_end *end)
{
    __atomic_store_n(&end->own->sleeping, 0, __ATOMIC_RELAXED);
}

#endif
