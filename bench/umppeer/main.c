/**
 * The domain `umppeer`: the other side of the suite `ump`, on another core. It serves one bench domain and
 * ends with it. Two channels in shared memory are bound to it: the first is used as one, the second one's
 * memory is the bare line.
 */
#include <aos/aos.h>
#include <aos/rpc_server.h>
#include <aos/ump.h>
#include <harness/must.h>
#include <interfaces/control_server.h>
#include <interfaces/monitor.h>
#include <stdlib.h>
#include <ump/protocol.h>

static struct ump_chan chan;
static struct ump_bench_line *line;
static struct rpc_client *init;
static volatile bool is_connected;
static char *bytes;

static errval_t connect_ump(struct rpc_session *session, uint64_t request, uint32_t pid, uint64_t quota,
                            uint32_t rights, uint32_t channel, uint32_t side, uint32_t core,
                            struct capref frame, struct capref wake)
{
    (void)session;
    (void)pid;
    (void)quota;
    (void)rights;
    (void)core;
    static unsigned connections;
    void *memory;
    errval_t err = paging_map_frame_attr(get_current_paging_state(), &memory, UMP_BENCH_FRAME, frame,
                                         VREGION_FLAGS_READ_WRITE);
    if (err_is_fail(err) || connections == 2) {
        return monitor_refused(init, request, err_is_fail(err) ? err : RPC_ERR_BUSY);
    }
    if (connections++ == 0) {
        must(ump_chan_init(&chan, memory, UMP_BENCH_FRAME, side, wake, ump_chan_number(channel)), "channel");
    } else {
        line = memory;
        is_connected = true;
    }
    return monitor_connected_ump(init, request);
}

static const struct control_operations operations = {.connect_ump = connect_ump};
static const struct rpc_service control = {.skeleton = &control_skeleton, .operations = &operations};

static bool is_command(const struct ump_message *m)
{
    return UMP_TAG(m->header) == UMP_BENCH_COMMAND;
}

/* Each serves until a command comes, and leaves that in `m`. */

static void echo_1(struct ump_message *m)
{
    for (;;) {
        must(ump_chan_recv(&chan, m), "receiving");
        if (is_command(m)) {
            return;
        }
        must(ump_chan_send(&chan, UMP_HEADER(1, 0), m->w[0], 0, 0, 0, 0, 0, 0), "answering");
    }
}

static void echo_7(struct ump_message *m)
{
    for (;;) {
        must(ump_chan_recv(&chan, m), "receiving");
        if (is_command(m)) {
            return;
        }
        must(ump_chan_send(&chan, UMP_HEADER(7, 0), m->w[0], m->w[1], m->w[2], m->w[3], m->w[4], m->w[5],
                           m->w[6]),
             "answering");
    }
}

/// A command is told from bytes by its slot, which has the tag.
static void take_bytes(struct ump_message *m, size_t count)
{
    for (;;) {
        must(ump_chan_wait_recv(&chan), "receiving");
        if (UMP_TAG(chan.end.rx_slot->control >> 32) == UMP_BENCH_COMMAND) {
            must(ump_chan_recv(&chan, m), "receiving");
            return;
        }
        must(ump_chan_recv_bytes(&chan, bytes, count), "receiving");
        must(ump_chan_send(&chan, UMP_HEADER(1, 0), count, 0, 0, 0, 0, 0, 0), "answering");
    }
}

static void answer_on_line(void)
{
    uint64_t number = 0;
    while (number != UMP_BENCH_LINE_END) {
        number = ump_bench_line_step(line, number + 1);
    }
}

static void serve(void)
{
    struct ump_message m;
    must(ump_chan_recv(&chan, &m), "receiving");
    while (m.w[0] != UMP_BENCH_END) {
        switch (m.w[0]) {
        case UMP_BENCH_ECHO_1:
            echo_1(&m);
            break;
        case UMP_BENCH_ECHO_7:
            echo_7(&m);
            break;
        case UMP_BENCH_BYTES:
            take_bytes(&m, m.w[1]);
            break;
        default:
            answer_on_line();
            must(ump_chan_recv(&chan, &m), "receiving");
        }
    }
}

int main(void)
{
    struct rpc_session *session;
    struct capref linked;
    bytes = malloc(UMP_BENCH_BYTES_MAX);
    must(bytes ? SYS_ERR_OK : LIB_ERR_MALLOC_FAIL, "memory");
    for (size_t i = 0; i < UMP_BENCH_BYTES_MAX; i += BASE_PAGE_SIZE) {
        bytes[i] = 0; // and it is there
    }
    must(rpc_init_channel(&init), "init");
    must(rpc_session_create(&control, 0, 0, NULL_CAP, &session, &linked), "session");
    must(monitor_serve(init, UMP_BENCH_SERVICE, UMP_BENCH_HASH, linked), "offering");
    rpc_serve_until(&is_connected);
    serve();
    return EXIT_SUCCESS;
}
