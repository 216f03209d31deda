#include <boot/device_tree.h>
#include <boot/memory.h>
#include <libfdt.h>
#include <string.h>

/// Reads a number of `cells` 32-bit cells, and moves on.
static uint64_t take_cells(const fdt32_t **at, int cells)
{
    uint64_t value = 0;
    for (int i = 0; i < cells; i++) {
        value = value << 32 | fdt32_to_cpu(*(*at)++);
    }
    return value;
}

/// Calls `use` with each range of a node's reg property.
static void each_range(const void *fdt, int parent, int node, void (*use)(lpaddr_t, gensize_t))
{
    const int address_cells = fdt_address_cells(fdt, parent), size_cells = fdt_size_cells(fdt, parent);
    int bytes;
    const fdt32_t *at = fdt_getprop(fdt, node, "reg", &bytes);
    if (at == NULL || address_cells < 1 || address_cells > 2 || size_cells < 1 || size_cells > 2) {
        return;
    }
    const int stride = (address_cells + size_cells) * 4;
    for (int ranges = bytes / stride; ranges > 0; ranges--) {
        const lpaddr_t base = take_cells(&at, address_cells);
        use(base, take_cells(&at, size_cells));
    }
}

static bool is_memory(const void *fdt, int node)
{
    int bytes;
    const char *type = fdt_getprop(fdt, node, "device_type", &bytes);
    return type != NULL && bytes == sizeof("memory") && memcmp(type, "memory", sizeof("memory")) == 0;
}

static bool read_memory(const void *fdt)
{
    bool found = false;
    int node;
    fdt_for_each_subnode(node, fdt, 0)
    {
        if (is_memory(fdt, node)) {
            each_range(fdt, 0, node, memory_add);
            found = true;
        }
    }
    return found;
}

static void read_reserved(const void *fdt)
{
    for (int i = 0; i < fdt_num_mem_rsv(fdt); i++) {
        uint64_t base, bytes;
        if (fdt_get_mem_rsv(fdt, i, &base, &bytes) == 0) {
            memory_reserve(base, bytes);
        }
    }
    const int parent = fdt_path_offset(fdt, "/reserved-memory");
    int node;
    if (parent < 0) {
        return;
    }
    fdt_for_each_subnode(node, fdt, parent)
    {
        each_range(fdt, parent, node, memory_reserve);
    }
}

static void read_command_line(const void *fdt, char *command_line, size_t size)
{
    int bytes;
    const int chosen = fdt_path_offset(fdt, "/chosen");
    const char *text = chosen < 0 ? NULL : fdt_getprop(fdt, chosen, "bootargs", &bytes);
    if (text != NULL && bytes > 0) {
        const size_t length = strnlen(text, (size_t)bytes < size ? (size_t)bytes : size - 1);
        memcpy(command_line, text, length);
        command_line[length] = 0;
    }
}

bool device_tree_read(const void *fdt, size_t mapped, char *command_line, size_t size)
{
    command_line[0] = 0;
    if (fdt == NULL || fdt_check_full(fdt, mapped) != 0) {
        return false;
    }
    const bool found = read_memory(fdt);
    read_reserved(fdt);
    read_command_line(fdt, command_line, size);
    return found;
}
