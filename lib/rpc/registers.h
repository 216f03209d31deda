/**
 * Calls of numbers that come and are answered in registers, or in one slot each: for the loops of a server.
 */
#ifndef LIB_RPC_REGISTERS_H
#define LIB_RPC_REGISTERS_H

#include <rpc/session.h>
#include <trace/trace.h>

/// What the sender says of a message: its flags, of which a plain call has none, and its number of words.
static inline uint32_t rpc_form(uint64_t header)
{
    return header >> (32 + RPC_FORM_SHIFT) & RPC_FORM_MASK;
}

/// The method of a session that a message calls, if that is a plain call of numbers; else NULL.
static inline const struct rpc_method *rpc_find_registers(const struct rpc_session *session,
                                                          const struct lmp_message *m)
{
    // Kind and flags are in the same half of the header: another kind is as wrong as a method that is too
    // large.
    const uint32_t number = (uint32_t)m->w0 - (RPC_REQUEST << RPC_KIND_SHIFT);
    if (number >= session->method_count) {
        return NULL;
    }
    const struct rpc_method *method = &session->methods[number];
    return rpc_form(m->header) == method->form ? method : NULL;
}

/**
 * Handles a call that comes and is answered in registers. \return words of the answer, which is in `m`; 0 for
 * none
 */
static inline unsigned rpc_handle_registers(struct rpc_session *session, const struct rpc_method *method,
                                            uint64_t header, struct lmp_message *m)
{
    const unsigned number = session->service->skeleton->interface->number << 8 | rpc_header_method(header);
    rpc_handling = (struct rpc_handling){session, header};
    trace_rpc_serve_begin(number, rpc_header_id(header));
    unsigned words = method->registers(session, m);
    trace_rpc_serve_end(number, rpc_header_id(header), words == 0);
    m->w0 = header ^ (RPC_REQUEST ^ RPC_REPLY) << RPC_KIND_SHIFT;
    if (__builtin_expect(session->is_cut, 0)) {
        session_handled(session);
        return 0;
    }
    return words;
}

#endif
