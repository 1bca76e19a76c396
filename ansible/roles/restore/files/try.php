<?php
/**
 * Loads a release's WordPress and renders its front page. Read from standard input by PHP, run as the environment's user:
 *   php -- FOLDER_OF_THE_RELEASE URL
 * Prints one line: tried {"ok", "posts", "status", "why"}. Sends nothing out and starts no planned work, whatever the release is set to.
 */
declare(strict_types=1);

const GOOD = [200, 301, 302, 303, 307, 308];
const DEADLY = E_ERROR | E_PARSE | E_CORE_ERROR | E_COMPILE_ERROR | E_USER_ERROR | E_RECOVERABLE_ERROR;

define('DISABLE_WP_CRON', true);
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('WP_REDIS_DISABLED', true);

[, $pressluft_folder, $pressluft_url] = $argv;
ini_set('display_errors', '0');
ini_set('log_errors', '0');

/** Published posts and pages; null when the database does not say. */
function pressluft_count_posts(): ?int
{
    global $wpdb;
    if (!isset($wpdb) || !$wpdb instanceof wpdb) {
        return null;
    }
    $count = $wpdb->get_var("SELECT COUNT(*) FROM {$wpdb->posts} WHERE post_type IN ('post', 'page') AND post_status = 'publish'");
    return $count === null ? null : (int) $count;
}

/** Why the page is none; empty when it is one. */
function pressluft_judge(?int $posts, int $status, int $size): string
{
    $error = error_get_last();
    return match (true) {
        $error !== null && ($error['type'] & DEADLY) !== 0 => 'PHP ended with an error in ' . basename($error['file']) . ':' . $error['line'],
        !in_array($status, GOOD, true) => "the front page answers $status",
        $status === 200 && $size === 0 => 'the front page is empty',
        $posts === null => 'the database has no posts to count',
        default => '',
    };
}

// Plugins and themes may end PHP wherever they like; this comes last all the same.
register_shutdown_function(static function (): void {
    $size = 0;
    while (ob_get_level() > 0) {
        $size += strlen((string) ob_get_clean());
    }
    $status = http_response_code();
    $status = is_int($status) ? $status : 200;
    $posts = pressluft_count_posts();
    $why = pressluft_judge($posts, $status, $size);
    $said = ['ok' => $why === '', 'posts' => $posts ?? 0, 'status' => $status, 'why' => $why];
    echo "\ntried ", json_encode($said, JSON_INVALID_UTF8_SUBSTITUTE | JSON_UNESCAPED_SLASHES), "\n";
});

$pressluft_parts = parse_url($pressluft_url);
$_SERVER['HTTP_HOST'] = explode('://', $pressluft_url, 2)[1];
$_SERVER['SERVER_NAME'] = $pressluft_parts['host'];
$_SERVER['SERVER_PORT'] = (string) ($pressluft_parts['port'] ?? ($pressluft_parts['scheme'] === 'https' ? 443 : 80));
$_SERVER['HTTPS'] = $pressluft_parts['scheme'] === 'https' ? 'on' : 'off';
$_SERVER['REQUEST_METHOD'] = 'GET';
$_SERVER['REQUEST_URI'] = '/';
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = '/index.php';
$_SERVER['DOCUMENT_ROOT'] = "$pressluft_folder/htdocs";
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
$_SERVER['REMOTE_ADDR'] = '127.0.0.1';
$_GET = $_POST = $_COOKIE = [];

chdir($_SERVER['DOCUMENT_ROOT']);
ob_start();
require $_SERVER['DOCUMENT_ROOT'] . '/index.php';
