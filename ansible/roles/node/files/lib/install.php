<?php
/**
 * Installs WordPress into an empty database. Run as the environment's user; what a person typed comes as JSON on standard input:
 * {"folder", "title", "admin_email"}. Prints {"installed": true}. Nobody ever sees the administrator's password: people come in by a
 * one-time log-in. No mail is sent and nothing outside is asked.
 */
declare(strict_types=1);

const ADMINISTRATOR = 'pressluft';

function fail(string $why): never
{
    fwrite(STDERR, $why . "\n");
    exit(1);
}

function wp_new_blog_notification(): void
{
}

$given = json_decode((string) stream_get_contents(STDIN), true, 8, JSON_THROW_ON_ERROR);
define('WP_INSTALLING', true);
require $given['folder'] . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';

add_filter('pre_wp_mail', '__return_false', PHP_INT_MIN);
add_filter('pre_http_request', static fn () => new WP_Error('pressluft', 'No requests while installing.'));

if (!is_email($given['admin_email'])) {
    fail('site.admin_email is not an address of e-mail that WordPress takes');
}
// WordPress takes entities in a title for what they stand for. Encoded once more, it shows every title as it was typed.
$title = htmlspecialchars($given['title'], ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8');
wp_install($title, ADMINISTRATOR, $given['admin_email'], true, '', wp_generate_password(48, true, true));
update_option('blogname', $title);
update_option('permalink_structure', '/%postname%/');
delete_option('rewrite_rules');

$administrator = get_user_by('login', ADMINISTRATOR);
if ($administrator === false || !$administrator->has_cap('administrator')) {
    fail('WordPress made no administrator');
}
if (get_option('blogname') !== $title) {
    fail('WordPress did not keep the title');
}
echo json_encode(['installed' => true]), "\n";
