package dev.aegis.plugins;

import dev.aegis.plugin.Plugin;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The classes of one jar, from memory: the file can be replaced or deleted while they are used.
 * They see the JDK and the plugin API, nothing of Aegis beside it and nothing of other jars.
 */
final class JarLoader extends ClassLoader {
  private static final String SERVICE = "META-INF/services/" + Plugin.class.getName();
  private static final int MOST_UNPACKED = 256 << 20;
  private static final int MOST_ENTRIES = 20_000;

  static {
    ClassLoader.registerAsParallelCapable();
  }

  private final Map<String, byte[]> entries;

  private JarLoader(String name, Map<String, byte[]> entries) {
    super(name, new ApiOnly(Plugin.class.getClassLoader()));
    this.entries = entries;
  }

  /**
   * Reads a jar.
   *
   * @throws IOException if it is none, or too large
   */
  static JarLoader of(String name, byte[] jar) throws IOException {
    if (!whole(jar)) {
      throw new IOException("it is no whole jar");
    }
    Map<String, byte[]> entries = new HashMap<>();
    int room = MOST_UNPACKED;
    try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(jar))) {
      for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        byte[] bytes = in.readNBytes(room);
        room -= bytes.length;
        entries.put(entry.getName(), bytes);
        if (room == 0 || entries.size() > MOST_ENTRIES) {
          throw new IOException("it is too large");
        }
      }
    }
    return new JarLoader(name, entries);
  }

  /** Whether the end of the central directory is there, so that nothing is missing before it. */
  private static boolean whole(byte[] jar) {
    for (int at = jar.length - 22; at >= 0 && at >= jar.length - 22 - 0xffff; at--) {
      if (jar[at] == 'P' && jar[at + 1] == 'K' && jar[at + 2] == 5 && jar[at + 3] == 6) {
        return true;
      }
    }
    return false;
  }

  /**
   * The plugins that the jar says it has.
   *
   * @throws IOException if one cannot be made
   */
  List<Plugin<?>> plugins() throws IOException {
    byte[] names = entries.get(SERVICE);
    if (names == null) {
      throw new IOException("it has no " + SERVICE);
    }
    List<Plugin<?>> plugins = new ArrayList<>();
    for (String line : new String(names, StandardCharsets.UTF_8).split("\n", -1)) {
      int comment = line.indexOf('#');
      String name = (comment < 0 ? line : line.substring(0, comment)).strip();
      if (!name.isEmpty()) {
        plugins.add(plugin(name));
      }
    }
    return plugins;
  }

  private Plugin<?> plugin(String name) throws IOException {
    try {
      Object made = Class.forName(name, true, this).getConstructor().newInstance();
      if (made instanceof Plugin<?> plugin) {
        return plugin;
      }
      throw new IOException(name + " is no " + Plugin.class.getName());
    } catch (ReflectiveOperationException | LinkageError e) {
      throw new IOException(name + " cannot be made: " + e, e);
    }
  }

  @Override
  protected Class<?> findClass(String name) throws ClassNotFoundException {
    byte[] bytes = entries.get(name.replace('.', '/') + ".class");
    if (bytes == null) {
      throw new ClassNotFoundException(name);
    }
    return defineClass(name, bytes, 0, bytes.length);
  }

  @Override
  protected @Nullable URL findResource(String name) {
    byte[] bytes = entries.get(name);
    if (bytes == null) {
      return null;
    }
    try {
      return URL.of(new URI("plugin", null, "/" + name, null), new InMemory(bytes));
    } catch (IOException | URISyntaxException e) {
      return null; // a name that no URL can have is nobody's resource
    }
  }

  @Override
  protected Enumeration<URL> findResources(String name) {
    URL found = findResource(name);
    return found == null ? Collections.emptyEnumeration() : Collections.enumeration(List.of(found));
  }

  private static final class InMemory extends URLStreamHandler {
    private final byte[] bytes;

    InMemory(byte[] bytes) {
      this.bytes = bytes;
    }

    @Override
    protected URLConnection openConnection(URL url) {
      return new URLConnection(url) {
        @Override
        public void connect() {}

        @Override
        public InputStream getInputStream() {
          return new ByteArrayInputStream(bytes);
        }
      };
    }
  }

  /** The JDK, and of Aegis the plugin API alone. */
  private static final class ApiOnly extends ClassLoader {
    private static final String API = Plugin.class.getPackageName() + '.';

    private final ClassLoader api;

    ApiOnly(ClassLoader api) {
      super(ClassLoader.getPlatformClassLoader());
      this.api = api;
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
      if (name.startsWith(API) && name.indexOf('.', API.length()) < 0) {
        return api.loadClass(name);
      }
      throw new ClassNotFoundException(name);
    }
  }
}
