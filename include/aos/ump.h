/**
 * Channels between two domains, usually on two cores, through memory that they share (document D 3.2).
 *
 * A message is one slot of up to seven words, or several: flags in each slot say where one begins and ends,
 * and what the words mean is the users' business. ump_chan_put() and ump_chan_get() move bytes of any number
 * in slots.
 *
 * The frame comes zeroed from who binds the two sides. Each side has its own struct ump_chan. At one end one
 * thread at a time sends, and one receives; that may be two threads. Threads that share one of these parts
 * take turns by a lock of their own: the channel has none. Any number of threads may wait.
 *
 * Nothing here blocks but the functions whose names say so. How those wait, is chosen at build time (axis
 * `ump`, lib/ump/wait): `polled` looks again and again, `notified` sleeps in the kernel until the other side
 * sends an interrupt, `adaptive` looks for as long as that pays and then sleeps.
 */
#ifndef AOS_UMP_H
#define AOS_UMP_H

#include <abi/errno.h>
#include <aos/caddr.h>
#include <aos/clock.h>
#include <aos/waitset.h>
#include <trace/trace.h>
#include <ump/ump_ring.h>

/// What a kind of waiting has learned about who waits (lib/ump/wait).
struct ump_habit {
    uint32_t looks;       ///< So often a receiver looks again before anything else.
    uint32_t spin_cycles; ///< For how long it pays to look again after that.
};

struct ump_chan {
    struct ump_end end;
    uint16_t number; ///< The same at both ends; distinguishes channels in the trace, by its lower 15 bits.
    uint8_t side;
    uint32_t sleepers;  ///< Who has asked to be woken, besides waits for any event.
    struct capref wake; ///< Core capability of the other side's core.
    struct ump_habit habit;
    struct waitset_chanstate recv_state, send_state;
    struct ump_chan *next, *previous; ///< Among those that are registered with waitsets.
    bool is_listed;
};

/**
 * Sets an end up.
 *
 * \param memory the frame, mapped, zeroed before either side had it, aligned to UMP_LINE_BYTES
 * \param bytes  its size; half of it is each side's
 * \param side   0 or 1, not the other side's
 * \param wake   Core capability with the right WRITE for the other side's core, which stays the caller's; or
 *               NULL_CAP if the other side never sleeps
 * \param number a number of the channel, the same at both ends, for the trace
 * \return SYS_ERR_OK, or LIB_ERR_UMP_FRAME if the frame is too small or not aligned
 */
errval_t ump_chan_init(struct ump_chan *chan, void *memory, size_t bytes, unsigned side, struct capref wake,
                       uint16_t number);

/// A monitor's number of a channel, client's core << 24 | n << 1 | side, in the 15 bits that a trace has for
/// it.
static inline uint16_t ump_chan_number(uint32_t channel)
{
    return (uint16_t)((channel >> 24 & 0xf) << 11 | (channel >> 1 & 0x7ff));
}

/// Tells the other side that this one neither sends nor receives any more. What it has sent is still
/// received. Takes the channel out of its waitsets. Then the memory may be unmapped.
void ump_chan_close(struct ump_chan *chan);

/// The other side's core, as it says; 255 if it has not begun.
static inline uint8_t ump_chan_peer_core(const struct ump_chan *chan)
{
    return (uint8_t)(chan->end.peer->core - 1);
}

/// A message's number in the trace. Both ends know it, and the sender's core does not soon have it again.
static inline uint32_t ump_chan_flow(const struct ump_chan *chan, unsigned sender, uint32_t message)
{
    return (uint32_t)chan->number << 17 | sender << 16 | (uint16_t)message;
}

/// Between two looks: this core waits for another one. Ends the turn of an emulator that runs cores in turns.
static inline void ump_hint(void)
{
#ifdef __aarch64__
    __asm__ volatile("yield");
#endif
}

/* Slots. */

/// True if a slot waits. Four instructions.
static inline bool ump_chan_can_recv(const struct ump_chan *chan)
{
    return ump_end_can_recv(&chan->end);
}

/**
 * Sends a slot, if there is room; wakes the other side if it sleeps.
 *
 * \param header UMP_HEADER(words, tag), best a constant; also UMP_NOT_FIRST or UMP_NOT_LAST for a slot of a
 *               longer message. The tag is 16 bits of the caller's
 * \return false if the ring is full
 */
static inline __attribute__((always_inline)) bool ump_chan_try_send(struct ump_chan *chan, uint32_t header,
                                                                    uint64_t w0, uint64_t w1, uint64_t w2,
                                                                    uint64_t w3, uint64_t w4, uint64_t w5,
                                                                    uint64_t w6)
{
    if (!ump_end_can_send(&chan->end)) {
        return false;
    }
    if (UMP_IS_FIRST(header)) {
        trace_ump_send(ump_chan_flow(chan, chan->side, chan->end.tx_messages++), chan->number);
    }
    ump_end_send(&chan->end, header, w0, w1, w2, w3, w4, w5, w6);
    return true;
}

/// Takes a slot, if one waits. Words behind UMP_WORDS(message->header) are anything. \return false if none
/// does
static inline __attribute__((always_inline)) bool ump_chan_try_recv(struct ump_chan *chan,
                                                                    struct ump_message *message)
{
    if (!ump_end_recv(&chan->end, message)) {
        return false;
    }
    if (UMP_IS_FIRST(message->header)) {
        trace_ump_receive(ump_chan_flow(chan, 1U - chan->side, chan->end.rx_messages++),
                          ump_chan_peer_core(chan), chan->number);
    }
    return true;
}

/// How many slots can be sent now.
static inline uint32_t ump_chan_room(struct ump_chan *chan)
{
    return ump_end_room(&chan->end);
}

/// True if the other side has closed, or has died, and all that it had sent was received.
static inline bool ump_chan_is_over(const struct ump_chan *chan)
{
    return ump_end_is_over(&chan->end);
}

/**
 * Waits for a slot to receive, as the axis says; other threads run meanwhile. Blocks.
 *
 * \return SYS_ERR_OK, or LIB_ERR_UMP_CLOSED if none will come
 */
errval_t ump_chan_wait_recv(struct ump_chan *chan);

/**
 * The same for whatever comes first.
 *
 * \param what  UMP_NEWS_MESSAGE, UMP_NEWS_ROOM if it is also over when a slot can be sent, or both
 * \param until      value of the system counter, or CLOCK_NEVER
 * \return SYS_ERR_OK, LIB_ERR_UMP_CLOSED if the other side has closed and nothing is to be received, or
 * LIB_ERR_TIMEOUT
 */
errval_t ump_chan_wait_until(struct ump_chan *chan, unsigned what, uint64_t until);

/// Waits until a slot can be sent. Blocks. \return SYS_ERR_OK, or LIB_ERR_UMP_CLOSED
errval_t ump_chan_wait_send(struct ump_chan *chan);

/// Sends a slot, see ump_chan_try_send(). Blocks while the ring is full. \return SYS_ERR_OK, or
/// LIB_ERR_UMP_CLOSED
static inline __attribute__((always_inline)) errval_t ump_chan_send(struct ump_chan *chan, uint32_t header,
                                                                    uint64_t w0, uint64_t w1, uint64_t w2,
                                                                    uint64_t w3, uint64_t w4, uint64_t w5,
                                                                    uint64_t w6)
{
    while (UMP_UNLIKELY(!ump_chan_try_send(chan, header, w0, w1, w2, w3, w4, w5, w6))) {
        errval_t err = ump_chan_wait_send(chan);
        if (err_is_fail(err)) {
            return err;
        }
    }
    return SYS_ERR_OK;
}

/// Takes a slot. Blocks until one has come. \return SYS_ERR_OK, or LIB_ERR_UMP_CLOSED if none will come
static inline __attribute__((always_inline)) errval_t ump_chan_recv(struct ump_chan *chan,
                                                                    struct ump_message *message)
{
    for (uint32_t looks = chan->habit.looks; !ump_chan_try_recv(chan, message);) {
        if (looks > 0) {
            looks--;
            ump_hint();
            continue;
        }
        errval_t err = ump_chan_wait_recv(chan);
        if (err_is_fail(err)) {
            return err;
        }
    }
    return SYS_ERR_OK;
}

/* Bytes. */

/**
 * Sends bytes as slots of one message, as many as there is room for now.
 *
 * \param flags  0, or UMP_NOT_FIRST if slots of the message were sent before, and UMP_NOT_LAST if more follow
 *               than these bytes. The slots have UMP_SLOT_BYTES each, but the last; that has its words
 * counted from the bytes, rounded up, so that the receiver must know how many there are \param bytes  with
 * UMP_NOT_LAST a multiple of UMP_SLOT_BYTES \return how many bytes were taken. If not all, the rest is to be
 * sent with UMP_NOT_FIRST
 */
size_t ump_chan_put(struct ump_chan *chan, uint32_t flags, const void *data, size_t bytes);

/**
 * Takes bytes out of the slots that wait, no more than `bytes`. Slots are taken whole: `bytes` is what is
 * left of the message, or a multiple of UMP_SLOT_BYTES.
 *
 * \return how many bytes came
 */
size_t ump_chan_get(struct ump_chan *chan, void *data, size_t bytes);

/// ump_chan_put() until all is sent. Blocks. \return SYS_ERR_OK, or LIB_ERR_UMP_CLOSED
errval_t ump_chan_send_bytes(struct ump_chan *chan, uint32_t flags, const void *data, size_t bytes);

/// ump_chan_get() until all has come. Blocks. \return SYS_ERR_OK, or LIB_ERR_UMP_CLOSED
errval_t ump_chan_recv_bytes(struct ump_chan *chan, void *data, size_t bytes);

/* Events. */

/// Runs a closure once, when a slot waits or the other side has closed. \return SYS_ERR_OK or
/// LIB_ERR_CHAN_ALREADY_REGISTERED
errval_t ump_chan_register_recv(struct ump_chan *chan, struct waitset *ws, struct event_closure closure);

/// Takes the closure back. \return SYS_ERR_OK or LIB_ERR_CHAN_NOT_REGISTERED
errval_t ump_chan_deregister_recv(struct ump_chan *chan);

/// The same for room to send.
errval_t ump_chan_register_send(struct ump_chan *chan, struct waitset *ws, struct event_closure closure);
errval_t ump_chan_deregister_send(struct ump_chan *chan);

/* For who waits for many channels at once, by loops of its own. */

/**
 * Asks the other side to wake this dispatcher: it gets news (LMP_WAIT_ANY) when a slot, room, or the end has
 * come. Each call needs one of ump_chan_awake().
 *
 * \param what UMP_NEWS_*
 * \return true if nothing of that is there yet: the caller may sleep, unless its dispatcher has had news
 * since before this call
 */
bool ump_chan_sleep(struct ump_chan *chan, unsigned what);

void ump_chan_awake(struct ump_chan *chan);

/* For who made the frame, when a side has died. */

/// Closes a side's half. \param side the one that has died
void ump_half_close(void *frame, size_t bytes, unsigned side);

/// Where a side runs and what to wake there. \return false if it has not begun
bool ump_half_waker(void *frame, size_t bytes, unsigned side, coreid_t *core, unsigned *group);

#endif
