/**
 * What the children look at, and what they try.
 */
#include "starter.h"

#include <aos/aos.h>
#include <aos/spawn.h>
#include <aos/threads.h>
#include <stdlib.h>
#include <string.h>

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

/// What the parent's boot module is, as its arguments say; both kinds of pages that are not ours must be its
/// own, and may not be written to.
static void see_shared(int argc, char *argv[], char *envp[])
{
    (void)envp;
    CHECK(argc == 4);
    const genpaddr_t base = strtoul(argv[2], NULL, 0), end = base + strtoul(argv[3], NULL, 0);
    unsigned executed = 0, read = 0;
    for (cslot_t slot = 0; slot < L2_CNODE_SLOTS; slot++) {
        struct capability_info info;
        if (err_is_fail(cap_identify((struct capref){cnode_page, slot}, &info)) || info.type != ObjType_Frame
            || info.base < base || info.base >= end) {
            continue;
        }
        CHECK(!(info.rights & (CAPRIGHTS_WRITE | CAPRIGHTS_CONTROL | CAPRIGHTS_GRANT)));
        executed += (info.rights & CAPRIGHTS_EXECUTE) != 0;
        read += !(info.rights & CAPRIGHTS_EXECUTE);
    }
    CHECK(executed > 0 && read > 0);
}

/* What must end them. The compiler must not know the addresses. */

static const uint32_t constants[4] = {0xd65f03c0, 1, 2, 3}; // the first is `ret`
static uint32_t data[4] = {0xd65f03c0, 1, 2, 3};
static volatile uintptr_t constants_address = (uintptr_t)constants, data_address = (uintptr_t)data;
static volatile uintptr_t text_address = USER_IMAGE_BASE;

static void write_constants(int argc, char *argv[], char *envp[])
{
    (void)argc;
    (void)argv;
    (void)envp;
    *(volatile uint32_t *)constants_address = 0;
}

static void write_text(int argc, char *argv[], char *envp[])
{
    (void)argc;
    (void)argv;
    (void)envp;
    *(volatile uint32_t *)text_address = 0;
}

static void execute(uintptr_t address)
{
    ((void (*)(void))address)();
}

static void execute_constants(int argc, char *argv[], char *envp[])
{
    (void)argc;
    (void)argv;
    (void)envp;
    execute(constants_address);
}

static void execute_data(int argc, char *argv[], char *envp[])
{
    (void)argc;
    (void)argv;
    (void)envp;
    execute(data_address);
}

static void execute_stack(int argc, char *argv[], char *envp[])
{
    (void)argc;
    (void)argv;
    (void)envp;
    volatile uint32_t code = 0xd65f03c0;
    execute((uintptr_t)&code);
}

static void execute_arguments(int argc, char *argv[], char *envp[])
{
    (void)argc;
    (void)envp;
    const uint32_t code = 0xd65f03c0;
    memcpy(argv[0], &code, sizeof(code));
    execute((uintptr_t)argv[0]);
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
    {"shared", see_shared},
    {"write constants", write_constants},
    {"write text", write_text},
    {"execute constants", execute_constants},
    {"execute data", execute_data},
    {"execute stack", execute_stack},
    {"execute arguments", execute_arguments},
};

bool play_role(int argc, char *argv[], char *envp[])
{
    for (unsigned i = 0; argc > 1 && i < ARRAY_LENGTH(roles); i++) {
        if (strcmp(argv[1], roles[i].name) == 0) {
            roles[i].see(argc, argv, envp);
            return true;
        }
    }
    return false;
}
