/**
 * A domain that init gave the modules, so that it starts domains itself: this program again, which then looks
 * at what it got.
 */
#include "starter.h"

#include <aos/aos.h>
#include <aos/elf.h>
#include <aos/lmp_chan.h>
#include <aos/threads.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANY_ARGUMENTS 5000
#define ROUNDS         5

static struct {
    struct lmp_chan ends, other;
    bool ended;
    unsigned reason;
    uint64_t status;
} parent;

static void listen(void);

static void note_end(void *argument)
{
    (void)argument;
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    while (err_is_ok(lmp_chan_recv(&parent.ends, &msg, NULL))) {
        parent.ended = msg.words[0] == LMP_DISPATCHER_ENDED;
        parent.reason = (unsigned)msg.words[2];
        parent.status = msg.words[3];
    }
    listen();
}

static void listen(void)
{
    CHECK_OK(lmp_chan_register_recv(&parent.ends, get_default_waitset(), MKCLOSURE(note_end, NULL)));
}

unsigned run_to_end(struct spawn_request *request, struct spawninfo *si)
{
    parent.ended = false;
    request->end_endpoint = parent.ends.local_cap;
    CHECK_OK(spawn_load(request, si));
    while (!parent.ended) {
        CHECK_OK(event_dispatch(get_default_waitset()));
    }
    return parent.reason;
}

/// Starts a child, waits for its end, which must be a good one, and takes everything back.
static void run(struct spawn_request *request, struct spawninfo *si)
{
    request->name = "starter";
    CHECK(run_to_end(request, si) == END_REASON_STOPPED && parent.status == STATUS_GOOD);
    CHECK_OK(spawn_destroy(si));
}

static void run_role(const char *role, struct spawn_request request)
{
    const char *const argv[] = {"starter", role, NULL};
    struct spawninfo si;
    request.argv = argv;
    run(&request, &si);
}

/// A request that must fail, and leave nothing behind.
static void must_fail(struct spawn_request request, errval_t reason, errval_t step)
{
    static const char *const argv[] = {"starter", "nothing", NULL};
    struct spawninfo si;
    if (!request.argv && !request.packed) {
        request.argv = argv;
    }
    request.name = request.name ? request.name : "starter";
    CHECK_ERR(spawn_load(&request, &si), reason);
    CHECK_ERR(spawn_load(&request, &si), step);
    CHECK(capref_is_null(si.ram) && capref_is_null(si.dispatcher) && capref_is_null(si.rootcn));
}

/* What the parent tries. */

static void try_many_arguments(void)
{
    static char *argv[MANY_ARGUMENTS + 1];
    static char text[MANY_ARGUMENTS * 6 + 32];
    char *at = text;
    static const char *const envp[] = {"HOME=/", NULL};
    struct spawninfo si;
    argv[0] = strcpy(at, "starter");
    argv[1] = strcpy(at += sizeof("starter"), "many");
    at += sizeof("many");
    for (int i = 2; i < MANY_ARGUMENTS; i++) {
        argv[i] = at;
        at += sprintf(at, "%d", i) + 1;
    }
    struct spawn_request request = {.argv = (const char *const *)argv, .envp = envp};
    run(&request, &si);
    // The same, packed.
    memcpy(at, envp[0], sizeof("HOME=/"));
    request = (struct spawn_request){
        .packed = text,
        .packed_bytes = (size_t)(at - text) + sizeof("HOME=/"),
        .argc = MANY_ARGUMENTS,
        .envc = 1,
    };
    run(&request, &si);
    request.packed_bytes--;
    must_fail(request, SYS_ERR_INVALID_ARGUMENT, SPAWN_ERR_ARGUMENTS);
}

static void try_long_argument(void)
{
    const size_t bytes = ARGUMENTS_LIMIT_BYTES - sizeof("starter") - sizeof("long");
    char *text = malloc(bytes + 1);
    struct spawninfo si;
    CHECK(text);
    memset(text, 'y', bytes);
    text[bytes - 1] = text[bytes] = 0;
    const char *const argv[] = {"starter", "long", text, NULL};
    struct spawn_request request = {.argv = argv};
    run(&request, &si);
    text[bytes - 1] = 'y';
    must_fail(request, LIB_ERR_ARGUMENTS_TOO_LONG, SPAWN_ERR_ARGUMENTS);
    free(text);
}

static void try_dispatchers(void)
{
    run_role("dispatcher", (struct spawn_request){.dispatcher_bytes = LARGE_DISPATCHER - 1});
    must_fail((struct spawn_request){.dispatcher_bytes = USER_DISPATCHER_MAX_BYTES + 1},
              SYS_ERR_INVALID_ARGUMENT, SPAWN_ERR_DISPATCHER);
    // More than we have.
    must_fail((struct spawn_request){.dispatcher_bytes = USER_DISPATCHER_MAX_BYTES},
              LIB_ERR_RAM_ALLOC_EXHAUSTED, SPAWN_ERR_CSPACE);
}

static void try_endpoint(void)
{
    struct capref endpoint, frame;
    struct capability_info info;
    CHECK_OK(slot_alloc(&endpoint));
    CHECK_OK(cap_copy(endpoint, parent.other.local_cap));
    CHECK_OK(frame_alloc(&frame, BASE_PAGE_SIZE, NULL));
    const struct spawn_grant grant = {.slot = GRANTED_SLOT, .cap = frame};
    struct spawn_request request = {
        .parent_endpoint = endpoint,
        .give_parent_endpoint = true,
        .grants = &grant,
        .grant_count = 1,
    };
    struct spawn_request bad = request;
    bad.name = "no such module";
    must_fail(bad, SPAWN_ERR_FIND_MODULE, SPAWN_ERR_LOAD);
    bad = request;
    bad.ram_bytes = 1UL << 40;
    must_fail(bad, LIB_ERR_RAM_ALLOC_EXHAUSTED, SPAWN_ERR_CSPACE);
    CHECK_OK(cap_identify(endpoint, &info)); // it is still ours
    run_role("endpoint", request);
    CHECK_ERR(cap_identify(endpoint, &info), SYS_ERR_CAP_NOT_FOUND);
    must_fail(request, SYS_ERR_CAP_NOT_FOUND, SPAWN_ERR_RUN);
    request.give_parent_endpoint = false;
    request.parent_endpoint = parent.other.local_cap;
    run_role("endpoint", request);
    CHECK_OK(cap_identify(parent.other.local_cap, &info));
    CHECK_OK(slot_free(endpoint));
    CHECK_OK(ram_free(frame));
}

/// One that runs is ended with the rest of it.
static void try_ending(void)
{
    const char *const argv[] = {"starter", "spin", NULL};
    const struct spawn_request request = {.name = "starter", .argv = argv};
    struct spawninfo si;
    CHECK_OK(spawn_load(&request, &si));
    CHECK(spawn_footprint(&si) > 0 && si.granted_bytes == USER_RAM_BYTES);
    printf("starter: a child takes %lu KiB besides its own %lu KiB\n",
           (unsigned long)spawn_footprint(&si) / 1024, (unsigned long)si.granted_bytes / 1024);
    thread_yield();
    CHECK_OK(spawn_destroy(&si));
}

/// Pages of the file that segments may not write to are in no child.
static size_t pages_of_its_own(const struct boot_file *file)
{
    static const struct elf_limits limits = {USER_IMAGE_BASE, USER_IMAGE_LIMIT, USER_IMAGE_MAX_BYTES};
    struct elf_image image;
    size_t bytes = USER_STACK_BYTES + BASE_PAGE_SIZE; // and the arguments
    CHECK_OK(elf_parse(file->content, file->bytes, &limits, &image));
    for (unsigned i = 0; i < image.segment_count; i++) {
        const struct elf_segment *segment = &image.segments[i];
        lvaddr_t end = ROUND_UP(segment->vaddr + segment->memory_bytes, BASE_PAGE_SIZE);
        bytes += segment->flags & ELF_WRITE ? end - ROUND_DOWN(segment->vaddr, BASE_PAGE_SIZE) : 0;
    }
    return bytes;
}

static void try_sharing(void)
{
    struct boot_file file;
    struct capability_info info;
    char base[24], bytes[24];
    CHECK_OK(module_find("starter", &file));
    CHECK_OK(cap_identify(file.frame, &info));
    snprintf(base, sizeof(base), "%#lx", (unsigned long)info.base);
    snprintf(bytes, sizeof(bytes), "%#lx", (unsigned long)info.bytes);
    const char *const argv[] = {"starter", "shared", base, bytes, NULL};
    struct spawn_request request = {.name = "starter", .argv = argv};
    struct spawninfo si;
    CHECK(run_to_end(&request, &si) == END_REASON_STOPPED && parent.status == STATUS_GOOD);
    CHECK(si.memory[SPAWN_MEMORY_PAGES] == pages_of_its_own(&file));
    gensize_t sum = 0;
    for (unsigned kind = 0; kind < SPAWN_MEMORY_KINDS; kind++) {
        sum += si.memory[kind];
    }
    CHECK(sum == si.ram_bytes && si.memory[SPAWN_MEMORY_GRANTED] == si.granted_bytes);
    CHECK_OK(spawn_destroy(&si));
}

/// Each segment can be used as it says, and in no other way.
static void try_permissions(void)
{
    static const char *const roles[] = {"write constants", "write text",    "execute constants",
                                        "execute data",    "execute stack", "execute arguments"};
    for (unsigned i = 0; i < ARRAY_LENGTH(roles); i++) {
        const char *const argv[] = {"starter", roles[i], NULL};
        struct spawn_request request = {.name = "starter", .argv = argv};
        struct spawninfo si;
        unsigned reason = run_to_end(&request, &si);
        if (reason != END_REASON_FAULT) {
            USER_PANIC("%s: reason %u, status %lu", roles[i], reason, (unsigned long)parent.status);
        }
        CHECK_OK(spawn_destroy(&si));
    }
}

static void try_everything(unsigned round)
{
    try_many_arguments();
    try_long_argument();
    try_dispatchers();
    try_endpoint();
    run_role("modules", (struct spawn_request){.modules = true, .console = true});
    run_role("no modules", (struct spawn_request){0});
    try_ending();
    try_sharing();
    try_permissions();
    try_images(round);
}

/// All that is not in use by anybody but the libraries' bookkeeping.
static gensize_t free_or_kept_bytes(void)
{
    return ram_alloc_free_bytes() + ram_alloc_kept_bytes();
}

static int be_parent(void)
{
    gensize_t before = 0;
    CHECK_OK(lmp_chan_accept(&parent.ends, DEFAULT_LMP_BUF_WORDS, NULL_CAP));
    CHECK_OK(lmp_chan_accept(&parent.other, DEFAULT_LMP_BUF_WORDS, NULL_CAP));
    listen();
    for (unsigned round = 0; round < ROUNDS; round++) {
        try_everything(round);
        if (round == 0) {
            before = free_or_kept_bytes(); // what is made once for all children has been made
        }
        CHECK(free_or_kept_bytes() == before);
    }
    return EXIT_SUCCESS;
}

int main(int argc, char *argv[], char *envp[])
{
    return play_role(argc, argv, envp) ? STATUS_GOOD : be_parent();
}
