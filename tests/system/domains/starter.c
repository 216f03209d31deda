/**
 * A domain that init gave the modules, so that it starts domains itself: this program again, which then looks
 * at what it got.
 */
#include "check.h"

#include <aos/aos.h>
#include <aos/lmp_chan.h>
#include <aos/spawn.h>
#include <aos/threads.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATUS_GOOD      42
#define GRANTED_SLOT     (TASKCN_SLOT_USER + 3)
#define LARGE_DISPATCHER 0x400000UL
#define MANY_ARGUMENTS   5000
#define ROUNDS           5

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

/// Starts a child, waits for its end, which must be a good one, and takes everything back.
static void run(struct spawn_request *request, struct spawninfo *si)
{
    parent.ended = false;
    request->name = "starter";
    request->end_endpoint = parent.ends.local_cap;
    CHECK_OK(spawn_load(request, si));
    while (!parent.ended) {
        CHECK_OK(event_dispatch(get_default_waitset()));
    }
    CHECK(parent.reason == END_REASON_STOPPED && parent.status == STATUS_GOOD);
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

/* What the children look at. */

static void see_arguments(int argc, char *argv[], char *envp[])
{
    CHECK(strcmp(argv[0], "starter") == 0 && argv[argc] == NULL);
    for (int i = 2; i < argc; i++) {
        CHECK(atoi(argv[i]) == i);
        argv[i][0] = 'x'; // they are the program's own
    }
    CHECK(strcmp(envp[0], "HOME=/") == 0 && strcmp(getenv("HOME"), "/") == 0 && envp[1] == NULL);
    argv[1] = NULL;
}

static void see_long_argument(int argc, char *argv[], char *envp[])
{
    CHECK(argc == 3 && envp[0] == NULL);
    CHECK(strlen(argv[2]) + sizeof("starter") + sizeof("long") + 1 == ARGUMENTS_LIMIT_BYTES);
}

static void see_dispatcher(int argc, char *argv[], char *envp[])
{
    (void)argc;
    (void)argv;
    (void)envp;
    volatile char *last = (volatile char *)curdispatcher() + disp_frame_bytes() - 1;
    CHECK(disp_frame_bytes() == LARGE_DISPATCHER && *last == 0);
    *last = 1;
}

static bool holds(cslot_t slot, enum objtype type)
{
    struct capability_info info;
    return err_is_ok(cap_identify(capref_make(TASKCN_SLOT_ROOTCN, ROOTCN_TASK, slot), &info))
           && info.type == type && !(info.rights & CAPRIGHTS_CONTROL);
}

static void see_endpoint(int argc, char *argv[], char *envp[])
{
    (void)argc;
    (void)argv;
    (void)envp;
    struct capability_info info;
    CHECK_OK(cap_identify(cap_parentep, &info));
    CHECK(info.type == ObjType_EndPoint && holds(GRANTED_SLOT, ObjType_Frame));
}

static void see_modules(int argc, char *argv[], char *envp[])
{
    (void)argc;
    (void)argv;
    (void)envp;
    struct boot_file file, again;
    struct capability_info info;
    const struct bootinfo *bootinfo = bootinfo_get();
    CHECK(bootinfo && bootinfo == bootinfo_get() && bootinfo->module_count > 2);
    CHECK(holds(TASKCN_SLOT_BOOTINFO, ObjType_Frame));
    CHECK_OK(module_find("hello", &file));
    CHECK_OK(module_find("hello", &again));
    CHECK(file.content == again.content && memcmp(file.content, "\177ELF", 4) == 0);
    CHECK_OK(cap_identify(file.frame, &info));
    CHECK(!(info.rights & (CAPRIGHTS_WRITE | CAPRIGHTS_CONTROL)));
    CHECK_ERR(module_find("no such module", &file), SPAWN_ERR_FIND_MODULE);
}

static void see_no_modules(int argc, char *argv[], char *envp[])
{
    (void)argc;
    (void)argv;
    (void)envp;
    struct boot_file file;
    CHECK(!bootinfo_get());
    CHECK_ERR(module_find("hello", &file), SPAWN_ERR_FIND_MODULE);
}

static void spin(int argc, char *argv[], char *envp[])
{
    (void)argc;
    (void)argv;
    (void)envp;
    for (;;) {
        thread_yield();
    }
}

static const struct {
    const char *name;
    void (*see)(int argc, char *argv[], char *envp[]);
} roles[] = {
    {"many", see_arguments},
    {"long", see_long_argument},
    {"dispatcher", see_dispatcher},
    {"endpoint", see_endpoint},
    {"modules", see_modules},
    {"no modules", see_no_modules},
    {"spin", spin},
};

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

static void try_everything(void)
{
    try_many_arguments();
    try_long_argument();
    try_dispatchers();
    try_endpoint();
    run_role("modules", (struct spawn_request){.modules = true, .console = true});
    run_role("no modules", (struct spawn_request){0});
    try_ending();
}

static int be_parent(void)
{
    gensize_t free_before = 0;
    CHECK_OK(lmp_chan_accept(&parent.ends, DEFAULT_LMP_BUF_WORDS, NULL_CAP));
    CHECK_OK(lmp_chan_accept(&parent.other, DEFAULT_LMP_BUF_WORDS, NULL_CAP));
    listen();
    for (unsigned round = 0; round < ROUNDS; round++) {
        try_everything();
        if (round == 0) {
            free_before = ram_alloc_free_bytes(); // what is made once for all children has been made
        }
        CHECK(ram_alloc_free_bytes() == free_before);
    }
    return EXIT_SUCCESS;
}

int main(int argc, char *argv[], char *envp[])
{
    for (unsigned i = 0; argc > 1 && i < ARRAY_LENGTH(roles); i++) {
        if (strcmp(argv[1], roles[i].name) == 0) {
            roles[i].see(argc, argv, envp);
            return STATUS_GOOD;
        }
    }
    return be_parent();
}
