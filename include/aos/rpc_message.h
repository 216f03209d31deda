/**
 * What travels in a remote procedure call: the format that the generated stubs of both sides share.
 *
 * A message is a header, words, capabilities, and bytes. Each argument that is a number takes a word; each
 * string or byte array takes a word, its length, and its content among the bytes, where it begins at a
 * multiple of 8. If everything fits into the seven registers behind the header it is one message of one core
 * (the bytes stand in the words behind the others); if not, the axis `rpc` decides how the bytes travel.
 *
 * Word 0, the header: bits 7:0 method, 11:8 kind, 14:12 flags, 23:16 words of a message that is not made
 * of numbers alone, 63:32 number of the call. In a reply word 1 is the error value, and results begin at
 * word 2.
 */
#ifndef AOS_RPC_MESSAGE_H
#define AOS_RPC_MESSAGE_H

#include <abi/errno.h>
#include <abi/syscall.h>
#include <aos/caddr.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RPC_MAX_WORDS 16 ///< Of numbers and lengths, in one direction.
#define RPC_MAX_CAPS  4
#define RPC_MAX_BLOBS 8           ///< Strings and byte arrays, in one direction.
#define RPC_MAX_BYTES 0x2000000UL ///< Of strings and byte arrays together, in one direction.

#define RPC_REGISTER_WORDS 7 ///< Words of a message in registers, behind the header.

/* Kinds of messages. */
#define RPC_REQUEST 1 ///< A call; wants a reply.
#define RPC_REPLY   2
#define RPC_ONEWAY  3
#define RPC_OPEN    4 ///< The first message on a channel that the parent made: brings the client's endpoint.
#define RPC_PUSH    5 ///< Bytes of a call that will follow.
#define RPC_PULL    6 ///< Asks for bytes of a reply that has come.
#define RPC_DROP    7 ///< The caller has given up: a reply that is kept for it goes.
#define RPC_ATTACH  8 ///< Brings what the transport of bytes needs.

#define RPC_KIND_SHIFT  8
#define RPC_WORDS_SHIFT 16
#define RPC_FLAG_BYTES  (1 << 12) ///< The bytes are not in the words.
#define RPC_FLAG_ALONE  (1 << 13) ///< The caller lets nobody else use the channel's room for bytes meanwhile.
#define RPC_FLAG_RIDES  (1 << 14) ///< The last piece of the bytes, or the only one, is with this message.
#define RPC_ID_SHIFT    32

/// What a handler returns that answers later (rpc_defer()). No error value.
#define RPC_LATER ((errval_t)-1)

/// What generated code returns for a call that is not as its interface declares it. No error value.
#define RPC_MALFORMED ((errval_t)-2)

static inline uint64_t rpc_header(unsigned kind, unsigned method, uint32_t id)
{
    return (method & 0xff) | (uint64_t)kind << RPC_KIND_SHIFT | (uint64_t)id << RPC_ID_SHIFT;
}

static inline unsigned rpc_header_kind(uint64_t header)
{
    return header >> RPC_KIND_SHIFT & 0xf;
}

static inline unsigned rpc_header_method(uint64_t header)
{
    return header & 0xff;
}

static inline unsigned rpc_header_words(uint64_t header)
{
    return header >> RPC_WORDS_SHIFT & 0xff;
}

static inline uint32_t rpc_header_id(uint64_t header)
{
    return (uint32_t)(header >> RPC_ID_SHIFT);
}

struct rpc_blob {
    const void *data;
    size_t bytes;
};

/**
 * A message that is being made, or was received. Only the entries that the counts name mean anything.
 *
 * A sender sets words, caps and blobs; the words include the lengths of the blobs. A receiver finds words,
 * caps, and all bytes in one piece in `data`, and takes them in order (rpc_take_bytes).
 */
struct rpc_message {
    uint16_t word_count;
    uint8_t cap_count;
    uint8_t blob_count;
    uint8_t give;        ///< Bit n: capability n leaves the sender.
    uint8_t owned_blobs; ///< Bit n: blob n is freed with free() once it has been sent.
    size_t data_bytes;
    size_t data_taken;
    const uint8_t *data;
    void *buffer;                         ///< What rpc_message_release() frees, or NULL.
    void (*finish)(struct rpc_message *); ///< What else is to be done then, or NULL.
    void *owner;                          ///< For `finish`.
    uint64_t words[RPC_MAX_WORDS];
    uint64_t packed[RPC_REGISTER_WORDS]; ///< Bytes that came in registers.
    struct capref caps[RPC_MAX_CAPS];
    struct rpc_blob blobs[RPC_MAX_BLOBS];
};

/// Makes an empty message.
static inline void rpc_message_init(struct rpc_message *message)
{
    message->word_count = 0;
    message->cap_count = 0;
    message->blob_count = 0;
    message->give = 0;
    message->owned_blobs = 0;
    message->data_bytes = 0;
    message->data_taken = 0;
    message->data = NULL;
    message->buffer = NULL;
    message->finish = NULL;
}

static inline void rpc_add_word(struct rpc_message *message, uint64_t word)
{
    message->words[message->word_count++] = word;
}

/// Adds a byte array: its length is the next word.
static inline void rpc_add_bytes(struct rpc_message *message, const void *data, size_t bytes)
{
    rpc_add_word(message, bytes);
    message->blobs[message->blob_count++] = (struct rpc_blob){data, bytes};
}

/// Adds a string, with its 0. NULL is sent as the empty string.
void rpc_add_string(struct rpc_message *message, const char *string);

/// Adds a capability. \param give it leaves the sender
static inline void rpc_add_cap(struct rpc_message *message, struct capref cap, bool give)
{
    message->give |= (uint8_t)(give << message->cap_count);
    message->caps[message->cap_count++] = cap;
}

/// True if a received message has so many words and capabilities.
static inline bool rpc_message_has(const struct rpc_message *message, unsigned words, unsigned caps)
{
    return message->word_count == words && message->cap_count == caps;
}

/**
 * Takes the next byte array of a received message. It stays where it is until rpc_message_release().
 *
 * \param word index of the word that holds its length
 * \param data where it lies; NULL if it is empty
 * \return false if the message has not so many bytes
 */
bool rpc_take_bytes(struct rpc_message *message, unsigned word, const void **data, size_t *bytes);

/// Takes the next byte array as a string. \return NULL if it is none: not ended by a 0, or with a 0 inside
const char *rpc_take_string(struct rpc_message *message, unsigned word);

/// The same as a copy from malloc(). \param err set to RPC_ERR_PROTOCOL or LIB_ERR_MALLOC_FAIL if NULL is
/// returned
char *rpc_take_string_copy(struct rpc_message *message, unsigned word, errval_t *err);

/// The same for a byte array; an empty one is NULL and no error. \return false if `err` is set
bool rpc_take_bytes_copy(struct rpc_message *message, unsigned word, void **data, size_t *bytes,
                         errval_t *err);

/// True if all bytes of a received message were taken.
static inline bool rpc_message_is_taken(const struct rpc_message *message)
{
    return (message->data_taken + 7) / 8 == (message->data_bytes + 7) / 8;
}

/// Frees the bytes of a received message. Capabilities are not touched.
void rpc_message_release(struct rpc_message *message);

/// The same, and deletes the capabilities that came: for a message that nobody can use.
void rpc_message_drop(struct rpc_message *message);

#endif
