#include <aos/dispatch.h>
#include <aos/ump.h>
#include <ump/registry.h>
#include <ump/wait.h>
#include <ump/wake.h>

errval_t ump_chan_init(struct ump_chan *chan, void *memory, size_t bytes, unsigned side, struct capref wake,
                       uint16_t number)
{
    *chan =
        (struct ump_chan){.number = number, .side = (uint8_t)side, .wake = wake, .habit = ump_wait_habit()};
    if (!ump_end_init(&chan->end, memory, bytes, side)) {
        return LIB_ERR_UMP_FRAME;
    }
    waitset_chanstate_init(&chan->recv_state);
    waitset_chanstate_init(&chan->send_state);
    ump_wake_announce(chan->end.own);
    return SYS_ERR_OK;
}

void ump_chan_close(struct ump_chan *chan)
{
    ump_chan_deregister_recv(chan); // or it was not registered
    ump_chan_deregister_send(chan);
    ump_end_close(&chan->end);
}

void ump_wake(struct ump_end *end)
{
    const struct ump_chan *chan = (const struct ump_chan *)((char *)end - offsetof(struct ump_chan, end));
    const uint32_t group = end->peer->group;
    trace_ump_wake(chan->number, ump_chan_peer_core(chan), group);
    ump_wake_core(chan->wake, ump_chan_peer_core(chan), group);
}

void ump_half_close(void *frame, size_t bytes, unsigned side)
{
    __atomic_store_n(&ump_frame_half(frame, bytes, side)->closed, 1, __ATOMIC_SEQ_CST);
}

bool ump_half_waker(void *frame, size_t bytes, unsigned side, coreid_t *core, unsigned *group)
{
    const struct ump_half *half = ump_frame_half(frame, bytes, side);
    const uint32_t next_core = __atomic_load_n(&half->core, __ATOMIC_ACQUIRE);
    *core = (coreid_t)(next_core - 1);
    *group = half->group;
    return next_core != 0;
}
