#include "children.h"

#include <aos/aos.h>
#include <aos/kernel.h>
#include <aos/parent.h>
#include <aos/text.h>
#include <trace/trace.h>

#define END_MESSAGES      32 ///< Ends that can wait to be noticed.
#define DOMAIN_TEXT_BYTES 128
#define INIT_PID          1

static struct {
    struct lmp_chan ends; ///< The kernel tells of every child's end here; only its own messages can come.
    struct child *all;
    domainid_t last_pid;
} children = {.last_pid = INIT_PID};

static void listen_for_ends(void);

static void note_end(void *argument)
{
    (void)argument;
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    while (err_is_ok(lmp_chan_recv(&children.ends, &msg, NULL))) {
        for (struct child *child = children.all; child; child = child->next) {
            if (msg.words[0] == LMP_DISPATCHER_ENDED && msg.words[1] == child->spawn.dispatcher_number) {
                child->end = (struct child_end){
                    .reason = (unsigned)msg.words[2],
                    .address = msg.words[3],
                    .pc = msg.words[4],
                };
                child->ended = true;
            }
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

void domain_announce(uint32_t dispatcher, const char *name, domainid_t pid)
{
    char buffer[DOMAIN_TEXT_BYTES];
    struct text text;
    text_init(&text, buffer, sizeof(buffer));
    text_add(&text, "dispatcher=");
    text_add_unsigned(&text, dispatcher);
    text_add(&text, "\nname=");
    text_add(&text, name);
    text_add(&text, "\npid=");
    text_add_unsigned(&text, pid);
    text_add(&text, "\ncore=");
    text_add_unsigned(&text, disp_get_core_id());
    text_add(&text, "\n");
    errval_t err = kernel_send_frame(FRAME_DOMAIN, buffer, text.length);
    if (err_is_fail(err)) {
        DEBUG_ERR(err, "announcing domain %s", name);
    }
}

static void listen_to_child(struct child *child);

/// The first message on the channel is the child's endpoint; the others are for the child's handler.
static void receive(void *argument)
{
    struct child *child = argument;
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    struct capref cap;
    errval_t err = lmp_chan_recv(&child->chan, &msg, &cap);
    if (err_is_ok(err)) {
        if (!capref_is_null(cap)) {
            err = lmp_chan_alloc_recv_slot(&child->chan);
        }
        if (capref_is_null(child->chan.remote_cap)) {
            lmp_chan_set_remote(&child->chan, cap);
        } else {
            child->message(child, &msg, cap);
        }
    }
    if (err_is_fail(err)) {
        DEBUG_ERR(err, "receiving from domain %s", child->name);
    }
    listen_to_child(child);
}

static void listen_to_child(struct child *child)
{
    errval_t err = lmp_chan_register_recv(&child->chan, get_default_waitset(), MKCLOSURE(receive, child));
    if (err_is_fail(err)) {
        USER_PANIC_ERR(err, "listening to domain %s", child->name);
    }
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

errval_t child_start(struct child *child, struct spawn_request *request)
{
    errval_t err = lmp_chan_accept(&child->chan, DEFAULT_LMP_BUF_WORDS, NULL_CAP);
    if (err_is_fail(err)) {
        return err;
    }
    err = lmp_chan_alloc_recv_slot(&child->chan);
    if (err_is_ok(err)) {
        child->pid = ++children.last_pid;
        request->name = child->name;
        request->pid = child->pid;
        request->parent_endpoint = child->chan.local_cap;
        request->end_endpoint = children.ends.local_cap;
        err = spawn_load(request, &child->spawn);
    }
    if (err_is_fail(err)) {
        lmp_chan_destroy(&child->chan);
        return err;
    }
    child->ended = false;
    child->next = children.all;
    children.all = child;
    listen_to_child(child);
    domain_announce(child->spawn.dispatcher_number, child->name, child->pid);
    trace_bench_free_memory(ram_alloc_free_bytes());
    return SYS_ERR_OK;
}

errval_t child_answer(struct child *child, errval_t answer, struct capref cap)
{
    return lmp_chan_send1(&child->chan, LMP_FLAG_SYNC, cap, answer);
}

void child_wait(struct child *child)
{
    while (!child->ended) {
        errval_t err = event_dispatch(get_default_waitset());
        if (err_is_fail(err)) {
            USER_PANIC_ERR(err, "waiting for domain %s", child->name);
        }
    }
}

void child_destroy(struct child *child)
{
    forget(child);
    lmp_chan_destroy(&child->chan);
    errval_t err = spawn_destroy(&child->spawn);
    if (err_is_fail(err)) {
        DEBUG_ERR(err, "taking back what domain %s was made of", child->name);
    }
    // The kernel told of the end if the child still ran: nobody waits for that message, but it is taken.
    while (err_is_ok(event_dispatch_non_block(get_default_waitset()))) {
    }
    trace_bench_free_memory(ram_alloc_free_bytes());
}

void child_ignore(struct child *child, const struct lmp_recv_msg *msg, struct capref cap)
{
    (void)child;
    (void)msg;
    if (!capref_is_null(cap)) {
        cap_destroy(cap);
    }
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
