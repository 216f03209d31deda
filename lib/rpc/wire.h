/**
 * Messages of remote procedure calls as messages of one core. For lib/rpc.
 */
#ifndef LIB_RPC_WIRE_H
#define LIB_RPC_WIRE_H

#include <aos/lmp_chan.h>
#include <aos/rpc_message.h>
#include <threads/threads.h>

struct rpc_cargo;

/// What goes into the kernel for one message.
struct rpc_wire {
    uint64_t flags; ///< Of SYS_LMP, without the number of words.
    unsigned words;
    uint64_t w[LMP_MSG_WORDS];
    uint64_t caps[2];  ///< x10 and x11.
    const void *bytes; ///< That the kernel copies; x12 and x13.
    size_t byte_count;
    const struct rpc_cargo *cargo; ///< Over UMP: what goes with the words, or NULL.
};

/// Makes an empty one.
static inline void rpc_wire_init(struct rpc_wire *wire)
{
    wire->flags = 0;
    wire->words = 0;
    wire->caps[0] = wire->caps[1] = 0;
    wire->bytes = NULL;
    wire->byte_count = 0;
    wire->cargo = NULL;
    for (unsigned i = 0; i < LMP_MSG_WORDS; i++) {
        wire->w[i] = 0;
    }
}

/* Where the arguments begin: word 0 is the header, and word 1 of a reply the error. */
#define RPC_FIRST_REQUEST 1
#define RPC_FIRST_REPLY   2

/**
 * Puts a message into the words of a wire, with its capabilities. If it does not fit, the first of its words
 * are there behind the number of its bytes, and RPC_FLAG_BYTES is set in the header: the bytes need the
 * transport.
 *
 * \param first  RPC_FIRST_REQUEST or RPC_FIRST_REPLY
 * \param header without flags and number of words, which are added
 * \return true if it fits
 */
bool rpc_pack(const struct rpc_message *message, unsigned first, uint64_t header, struct rpc_wire *wire);

/**
 * The opposite: what stands in the words. Capabilities and bytes are the caller's business.
 *
 * \param stream set to the number of bytes that do not stand there, 0 if all do
 * \return false if the words are not what the header says
 */
bool rpc_unpack(const struct lmp_message *m, unsigned first, struct rpc_message *message, size_t *stream);

/// Bytes of a message that does not fit: its words beyond the first, then its byte arrays.
size_t rpc_stream_bytes(const struct rpc_message *message, unsigned first);

/// Copies a part of them. \param offset a multiple of 8
void rpc_gather(const struct rpc_message *message, unsigned first, size_t offset, void *to, size_t bytes);

/// The same part where it lies, if it lies in one piece; else NULL.
const void *rpc_stream_in_place(const struct rpc_message *message, unsigned first, size_t offset,
                                size_t bytes);

/// The words that did not fit stand at the beginning of the bytes: takes them. \return false if they are not
/// there
bool rpc_take_stream(struct rpc_message *message, unsigned first, const void *stream, size_t bytes);

/// Words of a message that does not fit that stand in registers nevertheless.
static inline unsigned rpc_register_words(const struct rpc_message *message, unsigned first)
{
    unsigned room = LMP_MSG_WORDS - 1 - first;
    return message->word_count < room ? message->word_count : room;
}

/// Sends, and waits. \param target x1 of SYS_LMP
static inline struct lmp_message rpc_wire_send_to(const struct rpc_wire *wire, uint64_t target)
{
    uint64_t call = SYS_LMP | wire->flags | (uint64_t)wire->words << LMP_COUNT_SHIFT;
    const uint64_t *w = wire->w;
    if (wire->flags & (LMP_FLAG_CAP | LMP_FLAG_BYTES)) {
        return sys_lmp_with(call, target, wire->caps[0], wire->caps[1], (uintptr_t)wire->bytes,
                            wire->byte_count, w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]);
    }
    return sys_lmp(call, target, w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]);
}

/// Sends, and waits for the next message on the channel's own endpoint if `wait`.
static inline struct lmp_message rpc_wire_send(struct lmp_chan *chan, const struct rpc_wire *wire, bool wait)
{
    return rpc_wire_send_to(wire, wait ? chan->call_target : (uint32_t)chan->call_target);
}

/// One more, or one less, of the threads that have a deadline or serve, and of the calls that were given up
/// and may still be answered: while there is any of these nobody may just wait in the kernel.
static inline void rpc_count_special(int change)
{
    __atomic_add_fetch(&thread_scheduler.specials, (uint32_t)change, __ATOMIC_RELAXED);
}

/// After a send that went through: the slots of capabilities that were given are free again.
void rpc_free_given(struct rpc_message *message);

/// Capabilities that were to be given and will not be: they are deleted.
void rpc_delete_given(struct rpc_message *message);

/// Sees to it that a channel has so many receive slots, as far as there is room for them.
errval_t rpc_provide_slots(struct lmp_chan *chan, unsigned wanted);

/// What an error of the kernel's or the library's means for a channel.
errval_t rpc_error(errval_t err);

#endif
