#include <aos/capabilities.h>
#include <aos/dispatch.h>
#include <aos/paging.h>
#include <aos/spawn.h>
#include <string.h>

/// Where each boot module is mapped, once it was asked for: modules stay for as long as the system runs.
static void *mapped[BOOTINFO_MAX_MODULES];

const struct bootinfo *bootinfo_get(void)
{
    return domain_arguments() ? NULL : (const struct bootinfo *)USER_ARGS;
}

errval_t module_find(const char *name, struct boot_file *ret)
{
    const struct bootinfo *info = bootinfo_get();
    unsigned count = info ? info->module_count : 0;
    for (unsigned i = 0; i < count && i < BOOTINFO_MAX_MODULES; i++) {
        const struct boot_module *module = &info->modules[i];
        if (strncmp(module->name, name, sizeof(module->name)) != 0) {
            continue;
        }
        struct capref frame = {.cnode = cnode_module, .slot = i};
        if (!mapped[i]) {
            errval_t err = paging_map_frame_attr(get_current_paging_state(), &mapped[i], module->bytes, frame,
                                                 VREGION_FLAGS_READ);
            if (err_is_fail(err)) {
                return err;
            }
        }
        *ret = (struct boot_file){.content = mapped[i], .bytes = module->bytes, .frame = frame};
        return SYS_ERR_OK;
    }
    return SPAWN_ERR_FIND_MODULE;
}
