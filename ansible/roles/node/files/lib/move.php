<?php
/**
 * Turns the copy of a database into one of its own: another address, nobody logged in, no search engine, nothing planned.
 * Run as the environment's user; told on standard input: {"database", "from", "to"}, two addresses without a path;
 * "keeps": true for a restore, where only the address changes and nothing is forgotten.
 * Prints {"rows", "skipped": ["table.column", ...]}.
 *
 * Values are taken apart as text: nothing is unserialized, no class is loaded, WordPress and its plugins do not run. Rows come in the order
 * of their key, some at a time. The column `guid` of posts stays: feed readers take it for a name, not for an address.
 */
declare(strict_types=1);

require __DIR__ . '/address.php';

// Each may be as long as a packet of MariaDB, 16 MiB: all of them must fit into the memory twice.
const ROWS_AT_ONCE = 10;
const MEMORY_MAX = '512M';
const PREFIX = 'wp_';
const TEMPORARY_KEY = 'pressluft_key';
const TEXT = ['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'tinyblob', 'blob', 'mediumblob', 'longblob', 'json'];
// What a value that has become too long, and one that is there already, are refused with.
const REFUSALS = [1406, 1062, 1265, 4025];

function quoted(string $name): string
{
    return '`' . str_replace('`', '``', $name) . '`';
}

/** Columns of a table: {name, isText, isComputed, keepsItself}. */
function columnsOf(mysqli $db, string $table): array
{
    $columns = [];
    foreach ($db->query('SHOW COLUMNS FROM ' . quoted($table)) as $row) {
        $type = strtolower((string) preg_replace('/[^a-zA-Z].*$/s', '', $row['Type']));
        $extra = strtolower($row['Extra']);
        $columns[$row['Field']] = [
            'isText' => in_array($type, TEXT, true),
            'isComputed' => str_contains($extra, 'generated'),
            'updatesItself' => str_contains($extra, 'on update'),
            'countsUp' => str_contains($extra, 'auto_increment'),
            'mayBeNull' => $row['Null'] === 'YES',
        ];
    }
    return $columns;
}

/** Columns that tell rows apart: the primary key, another unique one, or one that is added for the while. */
function keyOf(mysqli $db, string $table, array $columns): array
{
    $keys = [];
    foreach ($db->query('SHOW INDEX FROM ' . quoted($table)) as $row) {
        if ((int) $row['Non_unique'] === 0) {
            $keys[$row['Key_name']][] = ['name' => $row['Column_name'], 'part' => $row['Sub_part']];
        }
    }
    foreach (['PRIMARY' => $keys['PRIMARY'] ?? []] + $keys as $parts) {
        $usable = array_filter($parts, static fn ($part) => $part['part'] === null && !$columns[$part['name']]['mayBeNull']);
        if ($parts !== [] && count($usable) === count($parts)) {
            return array_column($parts, 'name');
        }
    }
    $counting = array_keys(array_filter($columns, static fn ($column) => $column['countsUp']));
    if ($counting !== []) {
        return [$counting[0]];
    }
    $db->query('ALTER TABLE ' . quoted($table) . ' ADD COLUMN ' . TEMPORARY_KEY . ' BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY');
    return [TEMPORARY_KEY];
}

/** `a > ? OR (a = ? AND b > ?)`, which an index can serve, with the values in their order. */
function after(array $key, array $last): array
{
    $terms = [];
    $values = [];
    foreach ($key as $depth => $name) {
        $equal = array_map(static fn ($before) => quoted($before) . ' = ?', array_slice($key, 0, $depth));
        $terms[] = '(' . implode(' AND ', [...$equal, quoted($name) . ' > ?']) . ')';
        $values = [...$values, ...array_slice($last, 0, $depth + 1)];
    }
    return ['(' . implode(' OR ', $terms) . ')', $values];
}

/** Rows that name the host, one portion after the other. */
function rowsOf(mysqli $db, string $table, array $key, array $texts, string $host): Generator
{
    $likes = implode(' OR ', array_map(static fn ($name) => quoted($name) . ' LIKE ?', $texts));
    $wanted = array_fill(0, count($texts), "%$host%");
    $names = implode(', ', array_map('quoted', array_unique([...$key, ...$texts])));
    $order = implode(', ', array_map('quoted', $key));
    $last = null;
    do {
        [$condition, $values] = $last === null ? ['TRUE', []] : after($key, $last);
        $sql = "SELECT $names FROM " . quoted($table) . " WHERE ($likes) AND $condition ORDER BY $order LIMIT " . ROWS_AT_ONCE;
        $rows = $db->execute_query($sql, [...$wanted, ...$values])->fetch_all(MYSQLI_ASSOC);
        yield from $rows;
        $last = $rows === [] ? null : array_map(static fn ($name) => end($rows)[$name], $key);
    } while (count($rows) === ROWS_AT_ONCE);
}

/** Changes one value. False when the column does not take the new one. */
function write(mysqli $db, string $table, array $key, array $row, array $set): bool
{
    [$name, $value, $keeping] = $set;
    $own = array_map(static fn ($column) => quoted($column) . ' = ' . quoted($column), $keeping);
    $assign = implode(', ', [quoted($name) . ' = ?', ...$own]);
    $where = implode(' AND ', array_map(static fn ($column) => quoted($column) . ' = ?', $key));
    try {
        $db->execute_query('UPDATE ' . quoted($table) . " SET $assign WHERE $where", [$value, ...array_map(static fn ($column) => $row[$column], $key)]);
        return true;
    } catch (mysqli_sql_exception $refusal) {
        if (in_array($refusal->getCode(), REFUSALS, true)) {
            return false;
        }
        throw $refusal;
    }
}

function moveTable(mysqli $db, string $table, Address $address): array
{
    $columns = columnsOf($db, $table);
    $isTaken = static fn ($name) => $columns[$name]['isText'] && !$columns[$name]['isComputed'] && !($table === PREFIX . 'posts' && $name === 'guid');
    $texts = array_values(array_filter(array_keys($columns), $isTaken));
    if ($texts === []) {
        return [0, []];
    }
    $key = keyOf($db, $table, $columns);
    $texts = array_values(array_diff($texts, $key));
    $keeping = array_keys(array_filter($columns, static fn ($column) => $column['updatesItself']));
    $changed = 0;
    $skipped = [];
    foreach ($texts === [] ? [] : rowsOf($db, $table, $key, $texts, $address->host) as $row) {
        foreach ($texts as $name) {
            $value = $row[$name] === null ? null : $address->move((string) $row[$name]);
            if ($value === null || $value === $row[$name]) {
                continue;
            }
            write($db, $table, $key, $row, [$name, $value, $keeping]) ? $changed++ : $skipped["$table.$name"] = true;
        }
    }
    if ($key === [TEMPORARY_KEY]) {
        $db->query('ALTER TABLE ' . quoted($table) . ' DROP COLUMN ' . TEMPORARY_KEY);
    }
    return [$changed, array_keys($skipped)];
}

/** What must not come along: plans of cron, log-ins, things kept for a while, and being found by search engines. */
function forget(mysqli $db, array $tables): void
{
    $options = PREFIX . 'options';
    if (in_array($options, $tables, true)) {
        $db->query("DELETE FROM `$options` WHERE option_name = 'cron' OR option_name LIKE '\\_transient\\_%' OR option_name LIKE '\\_site\\_transient\\_%'");
        $db->query("INSERT INTO `$options` (option_name, option_value, autoload) VALUES ('blog_public', '0', 'yes') ON DUPLICATE KEY UPDATE option_value = '0'");
    }
    if (in_array(PREFIX . 'usermeta', $tables, true)) {
        $db->query('DELETE FROM `' . PREFIX . "usermeta` WHERE meta_key = 'session_tokens'");
    }
}

function moveDatabase(array $given): array
{
    mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
    $user = posix_getpwuid(posix_geteuid())['name'];
    $db = new mysqli('localhost', $user, '', $given['database'], 0, '/run/mysqld/mysqld.sock');
    $db->set_charset('utf8mb4');
    $db->query("SET SESSION sql_mode = 'STRICT_ALL_TABLES', foreign_key_checks = 0");
    $tables = array_column($db->query("SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'")->fetch_all(), 0);
    if (($given['keeps'] ?? false) !== true) {
        if ($given['is_copy'] ?? false) {
        forget($db, $tables);
    }
    }
    $address = new Address($given['from'], $given['to']);
    $rows = 0;
    $skipped = [];
    foreach ($tables as $table) {
        [$changed, $refused] = moveTable($db, $table, $address);
        $rows += $changed;
        $skipped = [...$skipped, ...$refused];
    }
    return ['rows' => $rows, 'skipped' => $skipped];
}

ini_set('memory_limit', MEMORY_MAX);
echo json_encode(moveDatabase(json_decode((string) stream_get_contents(STDIN), true, 8, JSON_THROW_ON_ERROR)), JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE), "\n";
