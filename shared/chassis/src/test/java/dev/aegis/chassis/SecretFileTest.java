package dev.aegis.chassis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretFileTest {
  @TempDir Path directory;

  @Test
  void makesTheFileForItsOwnerAloneAndKeepsIt() throws Exception {
    Path file = directory.resolve("deep/admin-token");
    assertThat(SecretFile.readOrCreate(file, "AEGIS_ADMIN_TOKEN", () -> "first"))
        .isEqualTo("first");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(SecretFile.readOrCreate(file, "AEGIS_ADMIN_TOKEN", () -> "second"))
        .isEqualTo("first");
    try (Stream<Path> left = Files.list(directory.resolve("deep"))) {
      assertThat(left).containsExactly(file);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-r-----", "rw----r--", "rw--w----", "rw-rw-rw-"})
  void refusesAFileThatOthersMayReadOrWrite(String mode) throws Exception {
    Path file = Files.writeString(directory.resolve("master-key"), "hunter2");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    assertThatThrownBy(() -> SecretFile.readOrCreate(file, "AEGIS_MASTER_KEY", () -> "x"))
        .isInstanceOf(StartFailure.class)
        .hasMessageContaining("chmod 600")
        .hasMessageContaining("AEGIS_MASTER_KEY")
        .hasMessageNotContaining("hunter2");
  }

  @Test
  void refusesAnEmptyFileAndAFileInTheWay() throws Exception {
    Path empty = directory.resolve("empty");
    SecretFile.create(empty, "", "AEGIS_X");
    assertThatThrownBy(() -> SecretFile.read(empty, "AEGIS_X"))
        .isInstanceOf(StartFailure.class)
        .hasMessageContaining("is empty");
    assertThatThrownBy(() -> SecretFile.readOrCreate(empty.resolve("below"), "AEGIS_X", () -> "x"))
        .isInstanceOf(StartFailure.class)
        .hasMessageContaining("AEGIS_X");
  }

  @Test
  void whoComesSecondReadsWhatTheFirstWrote() throws Exception {
    Path file = directory.resolve("race");
    AtomicInteger made = new AtomicInteger();
    List<Callable<String>> racers = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      racers.add(
          () -> SecretFile.readOrCreate(file, "AEGIS_X", () -> "secret" + made.incrementAndGet()));
    }
    List<String> read = new ArrayList<>();
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<String> future : executor.invokeAll(racers)) {
        read.add(future.get());
      }
    }
    assertThat(read).hasSize(16).containsOnly(read.getFirst());
  }

  @Test
  void theMasterKeyIsTheSettingElseTheFile() throws Exception {
    Settings settings = Settings.defaults(CommonSettings.ALL).with(CommonSettings.DATA, directory);
    String made = CommonSettings.masterKeyText(settings);
    assertThat(java.util.Base64.getDecoder().decode(made)).hasSize(32);
    assertThat(CommonSettings.masterKeyText(settings)).isEqualTo(made);
    assertThat(
            CommonSettings.masterKeyText(
                settings.with(CommonSettings.MASTER_KEY, java.util.Optional.of("given"))))
        .isEqualTo("given");
  }

  @Test
  void aDataDirectoryThatCannotBeWrittenIsOneLine() throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "");
    assertThat(DataDirectory.prepare(directory.resolve("new/data"))).isDirectory();
    for (Path bad : List.of(file, file.resolve("data"))) {
      assertThatThrownBy(() -> DataDirectory.prepare(bad))
          .isInstanceOf(StartFailure.class)
          .hasMessageMatching(
              "cannot write to the data directory .* \\(.*\\); choose another with --data or"
                  + " AEGIS_DATA");
    }
  }
}
