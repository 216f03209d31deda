/**
 * The link over UMP: messages as slots of a ring that both sides share, usually two cores.
 *
 * A message whose words fit into one slot, and that brings nothing else, is that slot: the words as on one
 * core, tag 0. Any other begins with one or two slots of a head, its words and then the tokens of its
 * capabilities; the tag of the first says how many there are of both. Its bytes follow in slots of their own.
 * How many come is known from the first slot on, and checked then.
 *
 * Who gives up a message in the middle sends a slot with the tag RPC_UMP_VOID, which ends it: nothing of it
 * has any effect.
 *
 * Capabilities go from monitor to monitor (monitor.send_cap, monitor.take_cap); what travels is a token.
 *
 * What the other side writes can change under our eyes and may be anything. Every slot is copied before it is
 * looked at, no length is believed before it was compared with what is allowed, and a message costs memory
 * only of that length; who breaks the rules loses the channel.
 */
#ifndef LIB_RPC_UMP_LINK_H
#define LIB_RPC_UMP_LINK_H

#include <aos/ump.h>
#include <rpc/link.h>

#define RPC_UMP_VOID       0x8000U
#define RPC_UMP_WORDS_MASK 0xfU ///< In a tag.
#define RPC_UMP_CAPS_SHIFT 4
#define RPC_UMP_CAPS_MASK  0x7U

#define RPC_UMP_HEAD_WORDS (LMP_MSG_WORDS + RPC_MAX_CAPS)

/// A message, as it came.
struct rpc_ump_arrival {
    uint64_t w[RPC_UMP_HEAD_WORDS]; ///< Those that did not come are 0.
    unsigned words;
    unsigned token_count;
    uint64_t tokens[RPC_MAX_CAPS];
    size_t stream; ///< Bytes that belong to it.
    uint8_t *data; ///< They, from malloc(); NULL if there are none, or `err` says why not.
    errval_t err;
    bool is_void; ///< It was given up: but for its tokens it means nothing.
};

/// A message of several slots, of which not all have come.
struct rpc_ump_assembly {
    bool is_open;
    unsigned head_left; ///< Words of the head that are still to come.
    size_t done;        ///< Bytes that have come.
    struct rpc_ump_arrival arrival;
};

/// A reply that waits for room in the ring, or the rest of one.
struct rpc_ump_reply {
    struct rpc_ump_reply *next;
    unsigned head_words, head_done;
    uint16_t tag;
    uint64_t head[RPC_UMP_HEAD_WORDS];
    size_t bytes, done;
    _Alignas(uint64_t) uint8_t data[];
};

/// One end of a channel.
struct rpc_ump {
    struct ump_chan chan;
    uint32_t number; ///< The monitor's number of this end.
    struct capref frame, wake;
    void *memory;
    struct rpc_ump_assembly in;
    /* The client's. */
    struct thread_mutex sending; ///< Who sends.
    bool owes_void;              ///< A message was given up in the middle, and the other side does not know.
    unsigned unclaimed_count;    ///< Tokens of replies that nobody wanted.
    uint64_t unclaimed[LMP_RECV_SLOTS];
    /* The service's. */
    struct rpc_session *session;
    unsigned place;   ///< Among all that are served.
    bool is_armed;    ///< The client was asked to wake us.
    bool is_local;    ///< It is on this core.
    unsigned waiting; ///< Replies that wait, and their bytes.
    size_t waiting_bytes;
    struct rpc_ump_reply *first, *last;
};

/// What goes along with a wire's words.
struct rpc_cargo {
    const struct rpc_message *message; ///< For its bytes.
    unsigned first;                    ///< RPC_FIRST_*
    size_t stream;                     ///< How many; 0: none.
    unsigned token_count;
    uint64_t tokens[RPC_MAX_CAPS];
};

/// What a binding brought, of which the capabilities are the channel's then.
struct rpc_ump_binding {
    uint32_t channel, side, peer_core;
    struct capref frame, wake;
};

/// Maps a channel. \return what failed; then the capabilities are deleted and the monitor knows
errval_t rpc_ump_open(const struct rpc_ump_binding *binding, struct rpc_ump **ret);

/// Closes and frees it. NULL is fine.
void rpc_ump_close(struct rpc_ump *ump);

/* Receiving: one thread at a time. */

enum rpc_ump_result {
    RPC_UMP_NOTHING, ///< Not the end of a message.
    RPC_UMP_MESSAGE,
    RPC_UMP_GARBAGE, ///< The other side does not keep to the rules.
};

/**
 * Takes slots until a message is complete, there are none, or so many have been taken.
 *
 * \param first     RPC_FIRST_*: where the length of the bytes stands
 * \param bytes_max for how many bytes memory is taken; longer messages arrive with RPC_ERR_TOO_LONG
 * \param arrival   set for RPC_UMP_MESSAGE; `data` is the caller's then
 */
enum rpc_ump_result rpc_ump_take(struct rpc_ump *ump, unsigned first, size_t bytes_max, unsigned slots_max,
                                 struct rpc_ump_arrival *arrival);

/// The words of an arrival as those of a message of one core.
struct lmp_message rpc_ump_words(const struct rpc_ump_arrival *arrival);

/// Deletes capabilities that came, and frees bytes. Calls the monitor.
void rpc_ump_discard(struct rpc_ump *ump, struct rpc_ump_arrival *arrival);

/* Sending: one thread at a time. */

/// Slots that can be sent now, whatever the other side says.
static inline uint32_t rpc_ump_room(struct rpc_ump *ump)
{
    const uint32_t room = ump_chan_room(&ump->chan);
    return room <= ump->chan.end.slots ? room : 0;
}

/// True if a wire is one slot.
static inline bool rpc_ump_is_one_slot(const struct rpc_wire *wire)
{
    return !wire->cargo && wire->words <= UMP_SLOT_WORDS;
}

/// Sends a message of one slot, if there is room. \param w UMP_SLOT_WORDS words, of which `words` mean
/// something and the others may be seen
static inline bool rpc_ump_try_slot(struct rpc_ump *ump, uint32_t header, const uint64_t *w)
{
    return ump_chan_try_send(&ump->chan, header, w[0], w[1], w[2], w[3], w[4], w[5], w[6]);
}

/// Slots that a message takes.
size_t rpc_ump_slots(const struct rpc_wire *wire);

/**
 * Sends what there is room for of the head. \param sent words of the head that have been sent before, which
 * grows
 * \return true if all of the head was sent
 */
bool rpc_ump_put_head(struct rpc_ump *ump, const uint64_t *head, unsigned words, uint16_t tag, bool has_bytes,
                      unsigned *sent);

/// Makes the head of a message. \return its number of words
unsigned rpc_ump_head(const struct rpc_wire *wire, uint64_t *head, uint16_t *tag);

/* Capabilities: by the monitors. */

/**
 * Makes tokens of a message's capabilities. Those that were to be given are gone then, whatever is returned.
 *
 * \param cargo  their tokens, of those before the one that failed
 */
errval_t rpc_ump_send_caps(struct rpc_ump *ump, struct rpc_message *message, struct rpc_cargo *cargo);

/// The capabilities of some tokens. \return the first error; then none is left
errval_t rpc_ump_take_caps(struct rpc_ump *ump, const uint64_t *tokens, unsigned count, struct capref *caps);

/* The service's side: ump_serve.c. */

/// Makes a session for a client that init knows, and takes over what its binding brought, whatever is
/// returned.
errval_t rpc_session_create_ump(const struct rpc_service *service, domainid_t pid, uint64_t quota,
                                unsigned rights, const struct rpc_ump_binding *binding);

/// One more session to serve. \return LIB_ERR_MALLOC_FAIL
errval_t rpc_ump_serve(struct rpc_session *session);

#endif
