/**
 * The straight way of a call: one system call, and its words never leave the registers. Part of aos/rpc.h.
 */
#ifndef LIB_RPC_CALL_INLINE_H
#define LIB_RPC_CALL_INLINE_H

#include <threads/threads.h>

static inline bool rpc_is_plain(void)
{
    return threads_plain();
}

static inline __attribute__((always_inline)) struct lmp_message rpc_call_registers(
    struct rpc_client *client, unsigned number, unsigned words, uint64_t w1, uint64_t w2, uint64_t w3,
    uint64_t w4, uint64_t w5, uint64_t w6, uint64_t w7)
{
    struct lmp_message m, other;
    // A channel over UMP has no target.
    const bool plain = rpc_is_plain() && client->chan.call_target;
    uint32_t id;
    if (__builtin_expect(plain, 1)) {
        id = ++client->last_id; // there is no other thread
        trace_rpc_call_begin(number, id);
        m = sys_lmp(SYS_LMP | (uint64_t)(words + 1) << LMP_COUNT_SHIFT, client->chan.call_target,
                    rpc_header(RPC_REQUEST, number, id), w1, w2, w3, w4, w5, w6, w7);
        // If nothing was handed over, or on an error, w0 is still the request.
        if (__builtin_expect(m.w0 == rpc_header(RPC_REPLY, number, id), 1)) {
            m.err = SYS_ERR_OK;
            trace_rpc_call_end(number, id);
            return m;
        }
        other = m;
    } else {
        id = __atomic_add_fetch(&client->last_id, 1, __ATOMIC_RELAXED);
        trace_rpc_call_begin(number, id);
    }
    const uint64_t word[RPC_REGISTER_WORDS] = {w1, w2, w3, w4, w5, w6, w7};
    m = rpc_call_registers_slowly(client, rpc_header(RPC_REQUEST, number, id), words, word,
                                  plain ? &other : NULL);
    trace_rpc_call_end(number, id);
    return m;
}

static inline __attribute__((always_inline)) errval_t rpc_result(const struct lmp_message *reply,
                                                                 unsigned results)
{
    if (__builtin_expect(err_is_fail(reply->err), 0)) {
        return reply->err;
    }
    if (__builtin_expect(reply->w1 == SYS_ERR_OK && lmp_header_words(reply->header) != results + 2, 0)) {
        return RPC_ERR_PROTOCOL;
    }
    return reply->w1;
}

#endif
