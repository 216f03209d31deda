#include "children.h"

#include "core_console.h"
#include "monitor.h"

#include <aos/aos.h>
#include <aos/text.h>
#include <rt/syscall.h>
#include <trace/trace.h>

#define END_MESSAGES 32 ///< Ends that can wait to be noticed.

static struct {
    struct lmp_chan ends; ///< The kernel tells of every child's end here; only its own messages can come.
    struct child *all;
} children;

static void listen_for_ends(void);

static void note_end(void *argument)
{
    (void)argument;
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    while (err_is_ok(lmp_chan_recv(&children.ends, &msg, NULL))) {
        struct child *child = children.all;
        while (child && child->spawn.dispatcher_number != msg.words[1]) {
            child = child->next;
        }
        if (!child || msg.words[0] != LMP_DISPATCHER_ENDED) {
            continue; // it was destroyed meanwhile
        }
        child->end = (struct child_end){
            .reason = (unsigned)msg.words[2],
            .address = msg.words[3],
            .pc = msg.words[4],
        };
        child->ended = true;
        if (child->on_end) {
            child->on_end(child);
        }
    }
    listen_for_ends();
}

static void listen_for_ends(void)
{
    errval_t err = lmp_chan_register_recv(&children.ends, get_default_waitset(), MKCLOSURE(note_end, NULL));
    if (err_is_fail(err)) {
        USER_PANIC_ERR(err, "listening for ends of domains");
    }
}

errval_t children_init(void)
{
    errval_t err = lmp_chan_accept(&children.ends, END_MESSAGES * LMP_RING_SLOT_WORDS, NULL_CAP);
    if (err_is_ok(err)) {
        listen_for_ends();
    }
    return err;
}

static void forget(struct child *child)
{
    for (struct child **link = &children.all; *link; link = &(*link)->next) {
        if (*link == child) {
            *link = child->next;
            return;
        }
    }
}

struct child *child_find(domainid_t pid)
{
    struct child *child = children.all;
    while (child && child->pid != pid) {
        child = child->next;
    }
    return child;
}

errval_t child_start(struct child *child, struct spawn_request *request)
{
    struct capref endpoint;
    child->pid = monitor_new_pid();
    errval_t err = monitor_admit(child->name, child->pid, child->quota ? child->quota : CHILD_QUOTA_BYTES,
                                 child->rights, &endpoint);
    if (err_is_fail(err)) {
        return err;
    }
    request->name = child->name;
    request->pid = child->pid;
    request->parent_endpoint = endpoint;
    request->give_parent_endpoint = true;
    request->end_endpoint = children.ends.local_cap;
    err = spawn_load(request, &child->spawn);
    if (err_is_fail(err)) {
        cap_discard(endpoint); // its session goes with it
        return err;
    }
    slot_free(endpoint);
    child->ended = false;
    child->next = children.all;
    children.all = child;
    core_announce(child->spawn.dispatcher_number, child->name, child->pid);
    trace_bench_free_memory(ram_alloc_free_bytes());
    return SYS_ERR_OK;
}

errval_t child_kill(struct child *child)
{
    return sys_invoke(get_cap_addr(child->spawn.dispatcher), DISPATCHER_STOP, 0, 0, 0, 0, 0, 0).err;
}

void child_wait(struct child *child)
{
    rpc_serve_until(&child->ended);
}

void child_destroy(struct child *child)
{
    forget(child);
    errval_t err = spawn_destroy(&child->spawn);
    if (err_is_fail(err)) {
        DEBUG_ERR(err, "taking back what domain %s was made of", child->name);
    }
    trace_bench_free_memory(ram_alloc_free_bytes());
}

void child_describe_end(const struct child *child, char *buffer, size_t bytes)
{
    struct text text;
    text_init(&text, buffer, bytes);
    switch (child->end.reason) {
    case END_REASON_STOPPED:
        text_add(&text, "exit ");
        text_add_signed(&text, (int32_t)child->end.address);
        return;
    case END_REASON_REVOKED:
        text_add(&text, "revoked");
        return;
    case END_REASON_FAULT:
        text_add(&text, "fault at address ");
        text_add_hex(&text, child->end.address);
        break;
    default:
        text_add(&text, "trap");
    }
    text_add(&text, ", pc ");
    text_add_hex(&text, child->end.pc);
}
